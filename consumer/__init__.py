"""Kafka in, Kafka out: the service around the pipeline."""
