"""What shippers write: one reader for each form of a record, from its bytes to the events in it."""
