"""Kafka as the command line uses it: an emitter of events and of a replayed shop's ticks."""
