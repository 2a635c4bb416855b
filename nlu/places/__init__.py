"""Where: from spans of a text to districts, streets and codes of a city, and what is no place of it."""
