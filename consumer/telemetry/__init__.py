"""What an operator sees: metrics, health, traces, and the pages that serve them."""
