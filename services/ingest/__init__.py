"""Ingest: validate, route, pass ticks on."""
