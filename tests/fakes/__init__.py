"""Loopback servers that behave like the platforms, for tests and drills."""
