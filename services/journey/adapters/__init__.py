"""Translations between records and the core's messages."""
