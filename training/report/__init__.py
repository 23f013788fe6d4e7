"""The report of `evaluate`: tables for a terminal, and a page with plots."""
