"""Chat apps: WeChat, Telegram and web chat turned into `Message` and `Reply`, and back."""
