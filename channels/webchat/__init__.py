"""Web chat: the city's own chat page and the widget that other pages embed."""
