"""A real Apache Kafka on one machine: jars fetched and checked, one KRaft node on loopback."""
