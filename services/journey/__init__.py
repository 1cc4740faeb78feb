"""Journey: what became of every customer, and where it hurts."""
