"""A person's story: what the views know of it, in the order of its events, as people read it."""
