"""Promises of the WeChat channel."""
