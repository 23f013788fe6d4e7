"""Labels log events by what they mean: the library and the command line."""

__version__ = "0.1.0"
