"""A whole installation on one machine: what it consists of, a supervisor that keeps it running, its state."""
