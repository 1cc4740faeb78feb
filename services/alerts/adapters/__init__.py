"""Translations and clients: the routes file, webhooks, packed cells, Kafka messages."""
