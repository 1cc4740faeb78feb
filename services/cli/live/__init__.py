"""The live display of `waypost run`."""
