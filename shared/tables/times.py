"""Instants as text of one width, so that their order as text is their order in time."""

from datetime import UTC, datetime


def stored(at: datetime) -> str:
    """An aware instant in UTC with microseconds: 2026-12-01T16:00:00.000000Z."""
    utc = at.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="microseconds") + "Z"


def parsed(text: str) -> datetime:
    """The instant that `stored` wrote."""
    return datetime.fromisoformat(text).astimezone(UTC)
