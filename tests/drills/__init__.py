"""Long runs with real processes: killed and restarted, fed with malformed input."""
