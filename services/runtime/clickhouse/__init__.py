"""ClickHouse for services and commands: settings, clients, migrations, inserts that isolate what the engine refuses."""
