"""ClickHouse as the command line uses it: questions to the views, and waiting until they hold what was sent."""
