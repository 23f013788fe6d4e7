"""Files of log events: CSV, JSON and plain text, read from any stream in whatever form they come.

Readers take binary streams and give plain values; nothing here prints. `open_table` is the way in.
"""
