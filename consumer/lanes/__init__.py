"""A batch at a time: consume, decide, publish, commit."""
