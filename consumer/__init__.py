"""Kafka in, Kafka out: the service around the pipeline."""

__version__ = "0.1.0"
