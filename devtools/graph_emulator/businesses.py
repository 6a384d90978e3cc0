"""Booking businesses: list, get, patch, publish and unpublish."""

from collections.abc import Callable

from devtools.graph_emulator.errors import not_emulated
from devtools.graph_emulator.exchange import Json, Reply, json_reply
from devtools.graph_emulator.pages import count_reply, select
from devtools.graph_emulator.schema import check
from devtools.graph_emulator.world import Call

MAXIMUM_LISTED = 500
_READ_ONLY = {"id", "isPublished", "publicUrl", "createdDateTime", "lastUpdatedDateTime"}
_CONTEXT = "solutions/bookingBusinesses"


def list_businesses(call: Call) -> Reply:
    """Ids and names only, 500 at most, never a next page; `query` narrows the list."""
    text = call.request.query.get("query", "").lower()
    records = (business.record for business in call.world.tenant.businesses.values())
    found = [
        {"id": record["id"], "displayName": record["displayName"]}
        for record in records
        if text in record["displayName"].lower() or text in record["id"].lower()
    ]
    return json_reply(200, {**call.context(_CONTEXT), "value": found[:MAXIMUM_LISTED]})


def count_businesses(call: Call) -> Reply:
    """How many there are, unlisted ones included."""
    return count_reply(len(call.world.tenant.businesses))


def get_business(call: Call) -> Reply:
    """One business in full."""
    return json_reply(200, {**call.context(f"{_CONTEXT}/$entity"), **select(call, call.business.record)})


def patch_business(call: Call) -> Reply:
    """Change some members; read-only ones are passed over."""
    given = check("bookingBusiness", call.body)
    _change(call, {name: value for name, value in given.items() if name not in _READ_ONLY})
    return Reply(204)


def publish(call: Call) -> Reply:
    """Open the booking page."""
    page = f"https://outlook.office365.com/owa/calendar/{call.business.id}/bookings/"
    _change(call, {"isPublished": True, "publicUrl": page})
    return Reply(204)


def unpublish(call: Call) -> Reply:
    """Close the booking page."""
    _change(call, {"isPublished": False, "publicUrl": None})
    return Reply(204)


def refuse(call: Call) -> Reply:
    """Creating and deleting a business is for people; apps are refused before, people are not emulated."""
    raise not_emulated(call.request.method, call.request.path)


def _change(call: Call, changes: Json) -> None:
    kept = {name: value for name, value in changes.items() if "@odata." not in name}
    call.business.record = {**call.business.record, **kept, "lastUpdatedDateTime": call.world.stamp()}


OPERATIONS: dict[str, Callable[[Call], Reply]] = {
    "businesses.list": list_businesses,
    "businesses.count": count_businesses,
    "businesses.get": get_business,
    "businesses.create": refuse,
    "businesses.patch": patch_business,
    "businesses.delete": refuse,
    "businesses.publish": publish,
    "businesses.unpublish": unpublish,
}
