"""History again: the events of a window of time, labelled by another bundle into a topic of their own."""
