"""What keepers of the knowledge base see and do: the service behind `handoff.console.curation`."""
