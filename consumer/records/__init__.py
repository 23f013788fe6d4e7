"""What records hold: from bytes to events, and from verdicts to bytes."""
