"""What stands before every route: who may use the console, from where, and how much may be sent."""
