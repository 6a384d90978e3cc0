"""The one way in which building the package fails."""


class PackageError(Exception):
    """The package cannot be built or does not work; the message says what to do about it."""
