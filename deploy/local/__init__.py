"""One node of everything that Waypost needs, for one machine and for tests."""
