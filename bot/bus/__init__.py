"""Signals between the parts of the service: wake-ups, live changes, leases."""
