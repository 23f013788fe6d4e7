"""What a log message means: from raw text to a label. Knows nothing of Kafka."""
