"""The answer about the slots of a service."""

from collections.abc import Callable, Sequence

from pydantic import Field

from shared.api.responses.model import Moment, Named, ResponseModel, moment
from shared.booking.slots.availability import SlotList
from shared.domain.discretion import neutral
from shared.domain.errors import Violation

Tell = Callable[[Sequence[Violation]], Sequence[Violation]]
"""What somebody may know of broken rules."""


class SlotOut(ResponseModel):
    """A start that can be booked."""

    start: Moment
    end: Moment
    staff: tuple[Named, ...] = Field(description="Who could do it")
    seats_left: int


class Reason(ResponseModel):
    """Why a start cannot be booked."""

    code: str = Field(description="The stable code of a booking rule")
    detail: str


class RefusedOut(ResponseModel):
    """A start of the grid that cannot be booked."""

    start: Moment
    reasons: tuple[Reason, ...]


class SlotListOut(ResponseModel):
    """The slots in order; `refused` only with `explain=true`."""

    time_zone: str
    slots: tuple[SlotOut, ...]
    refused: tuple[RefusedOut, ...] = ()


def slots(found: SlotList, tell: Tell = neutral) -> SlotListOut:
    """The slots, and the refused starts of the grid where reasons were asked for."""
    zone = found.zone.key
    staff = {i: Named(id=i, name=one.display_name) for i, one in found.catalogue.staff.items()}
    listed = tuple(
        SlotOut(
            start=moment(one.start, zone),
            end=moment(one.end, zone),
            staff=tuple(staff[i] for i in one.staff_ids),
            seats_left=one.seats_left,
        )
        for one in found.slots
    )
    if not found.is_explained:
        return SlotListOut(time_zone=zone, slots=listed)
    return SlotListOut(time_zone=zone, slots=listed, refused=_refused(found, tell))


def _refused(found: SlotList, tell: Tell) -> tuple[RefusedOut, ...]:
    return tuple(
        RefusedOut(
            start=moment(one.start, found.zone.key),
            reasons=tuple(Reason(code=broken.code, detail=broken.detail) for broken in tell(one.violations)),
        )
        for one in found.refusals
    )
