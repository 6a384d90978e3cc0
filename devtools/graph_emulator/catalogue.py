"""Services, staff, customers and custom questions: five verbs and a count for each kind."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from devtools.graph_emulator.errors import GraphError, item_not_found, malformed_id, unknown_error
from devtools.graph_emulator.exchange import Json, Reply, json_reply
from devtools.graph_emulator.pages import count_reply, page_reply, refuse_filters, select
from devtools.graph_emulator.reminders import shown
from devtools.graph_emulator.schema import check, plain
from devtools.graph_emulator.store import Business, Collection
from devtools.graph_emulator.templates import TEMPLATES, whole_location
from devtools.graph_emulator.wire import base64_guid
from devtools.graph_emulator.world import Call

_READ_ONLY = {"id", "createdDateTime", "lastUpdatedDateTime", "webUrl"}
_NEW_ROLES = {"scheduler", "teamMember"}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of entity: its place in the path, its type, and where a business keeps it."""

    segment: str
    type_name: str
    attribute: str
    required: tuple[str, ...]

    def of(self, business: Business) -> Collection[Json]:
        """The business's collection of this kind."""
        collection: Collection[Json] = getattr(business, self.attribute)
        return collection

    def context(self, call: Call) -> str:
        """The path in the answer's context."""
        return f"solutions/bookingBusinesses('{call.business.id}')/{self.segment}"


SERVICES = Kind("services", "bookingService", "services", ("displayName",))
STAFF = Kind("staffMembers", "bookingStaffMember", "staff", ("displayName", "emailAddress", "role"))
CUSTOMERS = Kind("customers", "bookingCustomer", "customers", ("displayName",))
QUESTIONS = Kind("customQuestions", "bookingCustomQuestion", "questions", ("displayName",))
KINDS = (SERVICES, STAFF, CUSTOMERS, QUESTIONS)


def show(call: Call, kind: Kind, value: Json, *, full: bool) -> Json:
    """The wire form: reminders only by id, new staff roles only for those who ask for them.

    `member` is what Graph was seen to take and show for a team member; the schema has `teamMember`.
    """
    if kind is SERVICES:
        seen = full or call.switches.lists_filled
        return {**value, "defaultReminders": shown(call, value["defaultReminders"]) if seen else []}
    if kind is STAFF and value["role"] in _NEW_ROLES and not _wants_new_enums(call):
        return {**value, "role": "unknownFutureValue"}
    return value


def _wants_new_enums(call: Call) -> bool:
    return "include-unknown-enum-members" in call.request.headers.get("prefer", "").lower()


def _list(kind: Kind, call: Call) -> Reply:
    refuse_filters(call)
    _refuse_questions(kind, call)
    values = kind.of(call.business).visible()
    form = partial(show, call, kind, full=False)
    return page_reply(call, values, form, call.switches.page_size, kind.context(call))


def _count(kind: Kind, call: Call) -> Reply:
    refuse_filters(call)
    return count_reply(len(kind.of(call.business).visible()))


def _refuse_questions(kind: Kind, call: Call) -> None:
    if kind is QUESTIONS and not call.switches.questions_readable:
        raise GraphError(500, "", "An error has occurred.")


def _get(kind: Kind, call: Call) -> Reply:
    _refuse_questions(kind, call)
    value = show(call, kind, _find(kind, call), full=True)
    return json_reply(200, {**call.context(f"{kind.context(call)}/$entity"), **select(call, value)})


def _create(kind: Kind, call: Call) -> Reply:
    given = check(kind.type_name, call.body)
    if any(not given.get(name) for name in kind.required):
        raise unknown_error()
    value = add_entity(call, kind, given)
    return json_reply(
        201, {**call.context(f"{kind.context(call)}/$entity"), **show(call, kind, value, full=True)}
    )


def add_entity(call: Call, kind: Kind, given: Json) -> Json:
    """Store a new entity under a new id; nothing is compared with what is there already."""
    now = call.world.stamp()
    identity = {
        "id": call.world.tenant.new_guid(kind.segment),
        "createdDateTime": now,
        "lastUpdatedDateTime": now,
    }
    value = {**TEMPLATES[kind.type_name], **_writable(given), **identity}
    kind.of(call.business).put(value["id"], value, call.switches.visibility_delay)
    return value


def _patch(kind: Kind, call: Call) -> Reply:
    changes = _writable(check(kind.type_name, call.body))
    value = {**_find(kind, call), **changes, "lastUpdatedDateTime": call.world.stamp()}
    kind.of(call.business).put(value["id"], value, call.switches.visibility_delay)
    return Reply(204)


def _delete(kind: Kind, call: Call) -> Reply:
    gone = _find(kind, call)["id"]
    if kind is CUSTOMERS and call.switches.delete_customer_status >= 500:  # noqa: PLR2004 - the server's own errors
        raise unknown_error()
    kind.of(call.business).remove(gone, call.switches.visibility_delay)
    return Reply(204)


def _find(kind: Kind, call: Call) -> Json:
    value = kind.of(call.business).get(_key(kind, call))
    if value is None:
        raise item_not_found()
    return value


def _key(kind: Kind, call: Call) -> str:
    if kind is not CUSTOMERS:
        return call.item.lower()
    decoded = base64_guid(call.item)
    if decoded is None and call.switches.customer_ids == "base64":
        raise malformed_id()
    return decoded or call.item.lower()


def _writable(given: Json) -> Json:
    kept = {name: value for name, value in plain(given).items() if name not in _READ_ONLY}
    if "defaultLocation" in kept:
        kept["defaultLocation"] = whole_location(kept["defaultLocation"])
    return kept


_VERBS = {"list": _list, "count": _count, "get": _get, "create": _create, "patch": _patch, "delete": _delete}
OPERATIONS: dict[str, Callable[[Call], Reply]] = {
    f"{kind.segment}.{verb}": partial(function, kind) for kind in KINDS for verb, function in _VERBS.items()
}
