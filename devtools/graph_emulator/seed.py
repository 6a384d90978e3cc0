"""Reads a seed: adds entities, or changes those of the same id, in the members that are given."""

from datetime import datetime

from devtools.graph_emulator.booking import appointment_of
from devtools.graph_emulator.catalogue import KINDS, Kind
from devtools.graph_emulator.exchange import Json
from devtools.graph_emulator.schema import MEMBERS
from devtools.graph_emulator.store import Business, Tenant
from devtools.graph_emulator.templates import CUSTOMER_INFORMATION, QUESTION_ANSWER, TEMPLATES
from devtools.graph_emulator.wire import (
    ZERO_GUID,
    duration_text,
    guid,
    read_duration,
    read_moment,
    read_value,
    utc_value,
)

_COLLECTIONS = {kind.segment: kind for kind in KINDS}
_NOT_RECORD = {*_COLLECTIONS, "appointments", "personalCalendars", "timeOff"}


def apply_seed(tenant: Tenant, seed: Json) -> Json:
    """Put a seed into the tenant; answers with the ids of what it made. ValueError names what is wrong.

    `{"businesses": [{"id": ..., "services": [...], ...}], "mailboxes": [...]}`, or the members of one
    business directly, with `"business"` saying which (the first one otherwise). `"customers"` may be
    `{"count": 10000}`.
    """
    tenant.mailboxes.update(each.lower() for each in seed.get("mailboxes", ()))
    businesses = seed.get("businesses")
    if businesses is None:
        rest = {name: value for name, value in seed.items() if name not in {"business", "mailboxes"}}
        businesses = [{**rest, "id": seed.get("business") or _first(tenant)}] if rest else []
    return {each["id"]: _apply_business(tenant, each) for each in businesses}


def _first(tenant: Tenant) -> str:
    if not tenant.businesses:
        raise ValueError("there is no business yet: give one with its id under businesses")
    return next(iter(tenant.businesses.values())).id


def _apply_business(tenant: Tenant, given: Json) -> Json:
    record = {name: value for name, value in given.items() if name not in _NOT_RECORD}
    _require_members("bookingBusiness", record)
    business = tenant.find(given["id"])
    if business is None:
        business = Business({**TEMPLATES["bookingBusiness"], "displayName": given["id"], **record})
        tenant.add(business)
    elif set(record) != {"id"}:
        business.record = {**business.record, **record, "id": business.id}
    made: Json = {}
    for segment, kind in _COLLECTIONS.items():
        if segment in given:
            made[segment] = _apply_kind(tenant, business, kind, given[segment])
    made["appointments"] = [
        _apply_appointment(tenant, business, each) for each in given.get("appointments", ())
    ]
    for name, entries in (("personalCalendars", business.calendars), ("timeOff", business.time_off)):
        for staff_id, calendar in given.get(name, {}).items():
            entries[staff_id.lower()] = [_calendar_entry(each) for each in calendar]
    return made


def _apply_kind(tenant: Tenant, business: Business, kind: Kind, given: list[Json] | Json) -> list[str]:
    if isinstance(given, dict):
        given = _many(tenant, **given)
    return [_apply_entity(tenant, business, kind, each) for each in given]


def _many(tenant: Tenant, count: int, prefix: str = "customer") -> list[Json]:
    first = tenant.counters.get(prefix, 0)
    tenant.counters[prefix] = first + count
    return [
        {
            "id": guid(prefix, number),
            "displayName": f"{prefix.capitalize()} {number}",
            "emailAddress": f"{prefix}{number}@example.com",
        }
        for number in range(first + 1, first + count + 1)
    ]


def _apply_entity(tenant: Tenant, business: Business, kind: Kind, given: Json) -> str:
    _require_members(kind.type_name, given)
    key = str(given.get("id") or tenant.new_guid(kind.segment)).lower()
    collection = kind.of(business)
    old = collection.get(key) or TEMPLATES[kind.type_name]
    collection.put(key, {**old, **given, "id": key})
    return key


def _apply_appointment(tenant: Tenant, business: Business, given: Json) -> str:
    """Store an appointment without asking anybody and without a mail."""
    _require_members("bookingAppointment", given)
    service = business.services.get(str(given.get("serviceId", "")).lower()) or {}
    start = _moment(given["start"])
    length = read_duration(service.get("defaultDuration", "PT30M"))
    end = _moment(given["end"]) if "end" in given else start + length
    customers = [_customer(each) for each in given.get("customers", ())]
    body = {
        **TEMPLATES["bookingAppointment"],
        "serviceName": service.get("displayName", ""),
        "maximumAttendeesCount": service.get("maximumAttendeesCount", 1),
        "preBuffer": service.get("preBuffer", "PT0S"),
        "postBuffer": service.get("postBuffer", "PT0S"),
        "selfServiceAppointmentId": ZERO_GUID,
        **given,
        "id": given.get("id") or tenant.new_item_id(),
        "start": utc_value(start),
        "end": utc_value(end),
        "duration": duration_text(end - start),
        "customers": customers,
        "filledAttendeesCount": given.get("filledAttendeesCount", len(customers)),
    }
    business.appointments.put(body["id"], appointment_of(body, start, end))
    return str(body["id"])


def _customer(given: Json) -> Json:
    answers = [{**QUESTION_ANSWER, **each} for each in given.get("customQuestionAnswers", ())]
    return {**CUSTOMER_INFORMATION, **given, "customQuestionAnswers": answers}


def _calendar_entry(given: Json) -> Json:
    """One entry of a personal calendar, its times as texts or as dateTimeTimeZones."""
    return {**given, "start": utc_value(_moment(given["start"])), "end": utc_value(_moment(given["end"]))}


def _moment(value: str | Json) -> datetime:
    return read_moment(value) if isinstance(value, str) else read_value(value)[0]


def _require_members(type_name: str, given: Json) -> None:
    unknown = [name for name in given if name not in MEMBERS[type_name] and "@odata." not in name]
    if unknown:
        raise ValueError(f"{type_name} has no {', '.join(unknown)}")
