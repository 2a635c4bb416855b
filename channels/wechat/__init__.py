"""The WeChat Official Account (公众号): webhooks read and answered, customer-service messages sent."""
