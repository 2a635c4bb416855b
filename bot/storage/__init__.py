"""The record: messages, conversations, tickets, deliveries, and who did what."""
