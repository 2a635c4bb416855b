"""What stands behind the pages of the desk."""
