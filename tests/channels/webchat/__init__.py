"""What web chat promises."""
