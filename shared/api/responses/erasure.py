"""The receipt of an erasure: from when to when was looked, what was done, and what could not be."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from shared.api.responses.model import Instant, ResponseModel
from shared.booking.erasures import Erasure


class LeftOut(ResponseModel):
    """Something that could not be done."""

    code: str = Field(
        description="booking-not-erased, appointment-not-erased, customer-not-deleted, index-not-cleared or "
        "booking-pending: one that nobody knows the end of yet"
    )
    count: int


class ErasureOut(ResponseModel):
    """How far the erasure of one e-mail address is. It names nobody."""

    receipt: str
    status: Literal["running", "done", "incomplete"] = Field(
        description="Incomplete where it ended with something left, which `left` tells"
    )
    looked_from: Instant = Field(description="When it was asked for, in UTC")
    looked_to: Instant = Field(description="Until when the mailbox was looked into, in UTC")
    passes: int = Field(description="How often the whole mailbox was looked through")
    appointments_read: int = Field(description="In all passes together")
    cancelled: int = Field(description="Appointments to come that ended, and seats that were left")
    cleared: int = Field(description="Appointments that stay without a word about the person")
    customers_deleted: int
    left: tuple[LeftOut, ...] = Field(description="What the last look could not do")


def erasure(one: Erasure) -> ErasureOut:
    """The receipt as it is now."""
    ended: Literal["done", "incomplete"] = "incomplete" if one.left else "done"
    return ErasureOut(
        receipt=one.receipt,
        status="running" if one.ended is None else ended,
        looked_from=_instant(one.requested),
        looked_to=_instant(one.seen),
        passes=one.passes,
        appointments_read=one.read,
        cancelled=one.cancelled,
        cleared=one.cleared,
        customers_deleted=one.deleted,
        left=tuple(LeftOut(code=code, count=count) for code, count in sorted(one.left.items())),
    )


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
