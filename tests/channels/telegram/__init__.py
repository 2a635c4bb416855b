"""What the Telegram channel promises."""
