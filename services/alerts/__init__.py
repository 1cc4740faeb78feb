"""Alerts: tells the people who can act about new pain points, and when they are over."""
