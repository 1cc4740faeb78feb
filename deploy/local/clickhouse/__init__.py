"""The embedded ClickHouse: the real engine (chDB) behind the native TCP protocol, for one machine and for tests."""
