"""Promises of the application."""
