"""The contracts of Waypost: public events, topics, internal messages and rows."""
