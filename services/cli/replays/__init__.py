"""Replays: data sets of others, translated into the events their shop would have sent, in order."""
