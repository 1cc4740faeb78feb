"""What runs Waypost: on one machine, in containers, on a cluster."""
