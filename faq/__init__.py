"""Common questions: the entry that answers, found among curated text; nothing is made up."""
