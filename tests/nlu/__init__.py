"""What understanding promises."""
