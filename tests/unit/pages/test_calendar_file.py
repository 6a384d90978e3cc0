"""What a calendar learns of a booking: that it stands, that it is gone, or that nobody knows yet."""

from dataclasses import replace

from icalendar import Calendar

from shared.pages.calendars.file import calendar_file
from tests.support.virtually import virtually
from tests.support.world import COURSE
from tests.unit.booking.manage.desk import Desk


@virtually
async def test_what_stands_is_confirmed_what_is_gone_cancelled_and_what_may_come_back_neither() -> None:
    """A calendar drops what is cancelled, and so must not hear it of a seat that is put back in a moment."""
    desk = Desk()
    stands = await desk.read(await desk.book("zoe", COURSE))
    gone = replace(stands, seat=None)
    found = [
        Calendar.from_ical(calendar_file(one, "contoso-lunch", None)).walk("VEVENT")[0]
        for one in (stands, gone, replace(gone, is_pending=True))
    ]
    assert [(str(one["status"]), str(one["sequence"])) for one in found] == [
        ("CONFIRMED", "0"),
        ("CANCELLED", "1"),
        ("TENTATIVE", "0"),
    ]
