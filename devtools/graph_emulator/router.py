"""From a path to the operation that it names; segments are compared without regard to case."""

from dataclasses import dataclass

from devtools.graph_emulator.errors import no_such_segment, not_emulated

VERSIONS = {"beta": "beta", "v1.0": "v1.0"}
_COLLECTIONS = {
    name.lower(): name
    for name in ("services", "staffMembers", "customers", "customQuestions", "appointments")
}
_ACTIONS = {name.lower(): name for name in ("getStaffAvailability", "publish", "unpublish")}
_ON_COLLECTION = {"GET": "list", "POST": "create"}
_ON_ITEM = {"GET": "get", "PATCH": "patch", "DELETE": "delete"}
_NAMESPACE = "microsoft.graph."


@dataclass(frozen=True, slots=True)
class Route:
    """An operation with the ids of its path."""

    version: str
    operation: str
    business: str | None = None
    item: str | None = None


def is_graph(segments: tuple[str, ...]) -> bool:
    """Whether the path lies under a Graph root."""
    return bool(segments) and segments[0].lower() in VERSIONS


def find_route(method: str, segments: tuple[str, ...]) -> Route:
    """The route; GraphError 400 for a path that Graph lacks, 501 for one that the emulator lacks."""
    version = VERSIONS[segments[0].lower()]
    rest = segments[1:]
    if rest and rest[0].lower() == "bookingbusinesses":
        raise no_such_segment(rest[0])
    if len(rest) < 2 or [part.lower() for part in rest[:2]] != ["solutions", "bookingbusinesses"]:  # noqa: PLR2004
        raise _unknown(method, segments)
    operation = _operation(method, rest[2:])
    if operation is None:
        raise _unknown(method, segments)
    business, _, item = (*rest[2:5], None, None, None)[:3]
    return Route(version, operation, business, item)


def _operation(method: str, rest: tuple[str, ...]) -> str | None:
    operation: str | None = None
    match rest:
        case []:
            operation = _named("businesses", _ON_COLLECTION.get(method))
        case ["$count"]:
            operation = "businesses.count" if method == "GET" else None
        case [_]:
            operation = _named("businesses", _ON_ITEM.get(method))
        case [_, segment]:
            operation = _under_business(method, segment)
        case [_, segment, item]:
            operation = _under_collection(method, segment, item)
        case [_, segment, _, action] if _is_cancel(method, segment, action):
            operation = "appointments.cancel"
    return operation


def _under_business(method: str, segment: str) -> str | None:
    plain = _plain(segment)
    if plain in _ACTIONS and method == "POST":
        action = _ACTIONS[plain]
        return action if action == "getStaffAvailability" else f"businesses.{action}"
    if plain == "calendarview":
        return "calendarView" if method == "GET" else None
    return _named(_COLLECTIONS.get(plain), _ON_COLLECTION.get(method))


def _under_collection(method: str, segment: str, item: str) -> str | None:
    collection = "calendarView" if segment.lower() == "calendarview" else _COLLECTIONS.get(segment.lower())
    if item.lower() == "$count":
        return _named(collection, "count" if method == "GET" else None)
    # One appointment of the calendar view is the appointment itself.
    return _named("appointments" if collection == "calendarView" else collection, _ON_ITEM.get(method))


def _is_cancel(method: str, segment: str, action: str) -> bool:
    return (
        method == "POST"
        and segment.lower() in {"appointments", "calendarview"}
        and _plain(action) == "cancel"
    )


def _plain(segment: str) -> str:
    return segment.lower().removeprefix(_NAMESPACE)


def _named(collection: str | None, verb: str | None) -> str | None:
    return f"{collection}.{verb}" if collection and verb else None


def _unknown(method: str, segments: tuple[str, ...]) -> Exception:
    return not_emulated(method, "/" + "/".join(segments))
