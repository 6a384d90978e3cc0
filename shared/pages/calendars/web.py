"""Calendars on the web that a booking can be put into by a link."""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode


def web_calendars(
    title: str, times: tuple[datetime, datetime], note: str, place: str
) -> Sequence[tuple[str, str]]:
    """Google's and Outlook's calendars; nothing that opens the booking goes to either of them."""
    start, end = (one.astimezone(UTC) for one in times)
    google = {
        "action": "TEMPLATE",
        "text": title,
        "dates": f"{start:%Y%m%dT%H%M%SZ}/{end:%Y%m%dT%H%M%SZ}",
        "details": note,
        "location": place,
    }
    outlook = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": title,
        "startdt": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "enddt": f"{end:%Y-%m-%dT%H:%M:%SZ}",
        "body": note,
        "location": place,
    }
    return [
        ("Google", "https://calendar.google.com/calendar/render?" + urlencode(google)),
        ("Outlook", "https://outlook.live.com/calendar/0/deeplink/compose?" + urlencode(outlook)),
    ]
