"""What stands behind the desk."""
