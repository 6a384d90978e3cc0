"""The wire of v1.0, which names some members otherwise and lacks others; inside, everything is as in beta."""

import json
from collections.abc import Callable
from dataclasses import replace

from devtools.graph_emulator.errors import bad_request
from devtools.graph_emulator.exchange import Json, Reply

_TIMES = {"start": "startDateTime", "end": "endDateTime"}
_SLOT = {"start": "startTime", "end": "endTime"}
_BETA_ONLY = {
    "appointment": {
        "customerId", "customerLocation", "invoiceAmount", "invoiceDate", "invoiceId", "invoiceStatus",
        "invoiceUrl", "onlineMeetingUrl",
    },
    "customer of an appointment": {"smsNotificationsEnabled"},
    "staff member": {"colorIndex"},
}  # fmt: skip
_TYPED = {"customers": "bookingCustomer", "staffMembers": "bookingStaffMember"}


def body_from_v1(operation: str, body: object) -> object:
    """A request body of v1.0 as beta would have it; GraphError 400 for names that only beta has."""
    if not isinstance(body, dict):
        return body
    kind = operation.partition(".")[0]
    if kind == "appointments" and operation != "appointments.cancel":
        body = _renamed_in(body, _TIMES)
        _refuse(body, _BETA_ONLY["appointment"])
    if kind in _TYPED and operation.endswith(".create") and not body.get("@odata.type"):
        raise bad_request(f"The property '@odata.type' of a {_TYPED[kind]} is missing.")
    return _walk(body, _slot_in)


def reply_from_beta(operation: str, reply: Reply) -> Reply:
    """An answer of beta in the names of v1.0."""
    if reply.content_type != "application/json" or not reply.body:
        return reply
    body = json.loads(reply.body)
    kind = "appointments" if operation == "calendarView" else operation.partition(".")[0]
    if isinstance(body.get("value"), list) and operation != "getStaffAvailability":
        body["value"] = [_entity(kind, each) for each in body["value"]]
    elif operation != "getStaffAvailability":
        body = _entity(kind, body)
    return replace(reply, body=json.dumps(body, separators=(",", ":")).encode())


def _entity(kind: str, value: Json) -> Json:
    if kind == "appointments":
        value = {_TIMES.get(name, name): each for name, each in value.items()}
        value = _without(value, _BETA_ONLY["appointment"])
        hidden = _BETA_ONLY["customer of an appointment"]
        value["customers"] = [_without(each, hidden) for each in value.get("customers", [])]
    if kind == "staffMembers":
        value = _without(value, _BETA_ONLY["staff member"])
    if kind in _TYPED:
        value = {"@odata.type": f"#microsoft.graph.{_TYPED[kind]}", **value}
    return _walk(value, _slot_out)


def _walk(value: Json, change: Callable[[Json], Json]) -> Json:
    return {name: _step(each, change) for name, each in change(value).items()}


def _step(value: object, change: Callable[[Json], Json]) -> object:
    if isinstance(value, list):
        return [_step(each, change) for each in value]
    return _walk(value, change) if isinstance(value, dict) else value


def _slot_in(value: Json) -> Json:
    if "timeSlots" in value:
        return {**value, "timeSlots": [_renamed_in(each, _SLOT) for each in value["timeSlots"]]}
    return value


def _slot_out(value: Json) -> Json:
    if "timeSlots" in value:
        slots = [{_SLOT.get(name, name): each for name, each in slot.items()} for slot in value["timeSlots"]]
        return {**value, "timeSlots": slots}
    return value


def _renamed_in(value: Json, names: dict[str, str]) -> Json:
    _refuse(value, set(names))
    beta = {v1: name for name, v1 in names.items()}
    return {beta.get(name, name): each for name, each in value.items()}


def _refuse(value: Json, names: set[str]) -> None:
    for name in sorted(names & set(value)):
        raise bad_request(f"The property '{name}' does not exist in v1.0.")


def _without(value: Json, names: set[str]) -> Json:
    return {name: each for name, each in value.items() if name not in names}
