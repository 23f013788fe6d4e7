"""Files of log events: reading them in whatever form they come, and showing them."""
