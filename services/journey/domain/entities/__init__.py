"""Entities as rules see them: derived from facts alone, each stage at the instant the evidence allows."""
