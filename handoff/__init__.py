"""The way to the case system, and to a human."""
