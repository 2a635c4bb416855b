"""What stands behind the parts of the desk: a module for each, over the record."""
