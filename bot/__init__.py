"""The application: stands on channels, nlu, faq and handoff, and joins them."""
