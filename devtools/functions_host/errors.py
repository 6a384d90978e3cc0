"""Why the host refuses to start."""


class StartError(Exception):
    """The app or its settings cannot be served; the message says what to change."""
