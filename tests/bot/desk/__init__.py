"""Tests of `bot.desk`."""
