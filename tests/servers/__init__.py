"""Real servers that the tests start for themselves: Redis and PostgreSQL, each in a folder of its own."""
