"""Kafka clients: administration, the confirming producer, the record-batch consumer."""
