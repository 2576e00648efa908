"""Stand-ins for services of others, over their real wire."""
