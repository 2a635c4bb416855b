"""Whole ways through the service, over real loopback servers."""
