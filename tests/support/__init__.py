"""Servers, processes and records that tests, faults and benchmarks share."""
