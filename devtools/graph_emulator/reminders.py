"""Reminders as Graph shows them: their offsets as negative durations, since they lie before the start."""

from devtools.graph_emulator.exchange import Json
from devtools.graph_emulator.world import Call


def shown(call: Call, reminders: list[Json]) -> list[Json]:
    """The reminders of an answer; whichever sign was sent, all offsets leave with the same one."""
    negative = call.switches.reminder_offsets == "negative"
    return [{**each, "offset": _signed(each.get("offset"), negative=negative)} for each in reminders]


def _signed(offset: object, *, negative: bool) -> object:
    if not isinstance(offset, str) or not offset.lstrip("-").startswith("P"):
        return offset
    return f"-{offset.lstrip('-')}" if negative else offset.lstrip("-")
