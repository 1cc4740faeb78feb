"""The decisions: who is told what, how long it is remembered, when it is tried again. Pure."""
