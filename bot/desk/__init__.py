"""Services behind pages of the desk."""
