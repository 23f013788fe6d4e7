"""Everything that speaks to a broker: clients, readers, publishers, offsets, lag."""
