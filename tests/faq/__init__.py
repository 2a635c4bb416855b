"""Tests of the room that finds answers to common questions."""
