"""Translations between records and items."""
