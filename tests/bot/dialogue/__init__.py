"""What the dialogue promises to citizens."""
