"""What the desk's pages work with, over the record and the city's lists: a module for each part."""
