"""Which app role opens which operation, after Microsoft's permissions reference."""

from typing import Any

READ = "Bookings.Read.All"
APPOINTMENT = "BookingsAppointment.ReadWrite.All"
WRITE = "Bookings.ReadWrite.All"
MANAGE = "Bookings.Manage.All"

_EVERYONE = frozenset({READ, APPOINTMENT, WRITE, MANAGE})
_READERS = frozenset({READ, WRITE, MANAGE})
_BOOKERS = frozenset({APPOINTMENT, WRITE, MANAGE})
_WRITERS = frozenset({WRITE, MANAGE})
_NOBODY: frozenset[str] = frozenset()

ALLOWED: dict[str, frozenset[str]] = {
    "businesses.list": _READERS,
    "businesses.get": _EVERYONE,
    "businesses.create": _NOBODY,
    "businesses.patch": _WRITERS,
    "businesses.delete": _NOBODY,
    "businesses.publish": frozenset({MANAGE}),
    "businesses.unpublish": frozenset({MANAGE}),
    "services.list": _EVERYONE,
    "services.get": _EVERYONE,
    "staffMembers.list": _EVERYONE,
    "staffMembers.get": _EVERYONE,
    "customers.list": _EVERYONE,
    "customers.get": _EVERYONE,
    "customers.create": _BOOKERS,
    "customers.patch": _BOOKERS,
    "customers.delete": _BOOKERS,
    "customQuestions.list": _READERS,
    "customQuestions.get": _EVERYONE,
    "appointments.list": _EVERYONE,
    "appointments.get": _EVERYONE,
    "appointments.create": _BOOKERS,
    "appointments.patch": _BOOKERS,
    "appointments.delete": _BOOKERS,
    "appointments.cancel": _WRITERS,
    "calendarView": _EVERYONE,
    "getStaffAvailability": _READERS | {"Calendars.Read", "Calendars.ReadWrite"},
}
ALLOWED.update(
    {
        f"{collection}.{verb}": _WRITERS
        for collection in ("services", "staffMembers", "customQuestions")
        for verb in ("create", "patch", "delete")
    }
)

# The reference also lists the reading role for these writes; a switch decides whether to believe it.
_ODD = frozenset(
    {
        "appointments.create",
        "appointments.patch",
        "appointments.delete",
        "customers.patch",
        "customers.delete",
    }
)
APPLICATION_ONLY = frozenset({"getStaffAvailability"})


def may(claims: dict[str, Any], operation: str, *, strict: bool) -> bool:
    """Whether a token with these claims may do the operation; `strict` refuses the odd writes of a reader."""
    name = operation.removesuffix(".count") + (".list" if operation.endswith(".count") else "")
    name = "calendarView" if name == "calendarView.list" else name
    roles = set(claims.get("roles") or ())
    if not roles:
        return name not in APPLICATION_ONLY and bool(set(str(claims.get("scp", "")).split()) & _scopes(name))
    allowed = ALLOWED[name]
    if not strict and name in _ODD:
        allowed = allowed | {READ}
    return bool(roles & allowed)


def _scopes(operation: str) -> frozenset[str]:
    delegated_only = operation in {"businesses.create", "businesses.delete"}
    return frozenset({MANAGE}) if delegated_only else frozenset(ALLOWED[operation] | {MANAGE})
