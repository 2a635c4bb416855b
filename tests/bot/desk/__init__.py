"""Tests of what stands behind the desk."""
