"""What stands behind the pages of the desk, a module for each part."""
