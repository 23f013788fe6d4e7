"""What is in a heap of logs: its templates, their labels, clusters of them with names, and a map."""
