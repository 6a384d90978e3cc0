"""The first and the last year that a date can have: refused, or a page, and no error of ours."""

from urllib.parse import quote

import pytest

from tests.api.test_forms import BROWSER
from tests.support.facade import BENTO, BUSINESS, Facade

YEARS = ("0001-01-01", "9999-12-31", "0001-12-31", "9999-01-01")


@pytest.mark.parametrize("day", YEARS)
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"])
async def test_the_ends_of_the_calendar_are_no_days_to_book(facade: Facade, day: str, zone: str) -> None:
    """Whichever parameter names them, the answer is a page or a refusal."""
    root = f"/api/v1/businesses/{BUSINESS}"
    zoned = f"service={BENTO}&timeZone={quote(zone)}"
    at = [
        f"{day}T{time}{offset}" for time in ("00:00:00", "23:59:59") for offset in ("Z", "+14:00", "-12:00")
    ]
    starts = [quote(one) for one in (*at, f"{day}T00:00:00", f"{day}T23:59:59")]

    pages = [f"step=days&{zoned}&month={day[:7]}", f"step=days&{zoned}&day={day}"]
    pages += [f"step=details&{zoned}&start={start}" for start in starts]
    answers = [await facade.http.get(f"/api/book/{BUSINESS}?{query}") for query in pages]
    answers += [
        await facade.http.get(f"{root}/challenge?serviceId={BENTO}&start={start}&timeZone={quote(zone)}")
        for start in starts
    ]
    for first, last in ((day, day), (day, "9999-12-31"), ("0001-01-01", day), ("2026-12-01", day)):
        query = f"from={first}&to={last}&timeZone={quote(zone)}"
        answers.append(await facade.http.get(f"{root}/services/{BENTO}/slots?{query}"))
    for start in (*at, f"{day}T00:00:00"):
        form = {"serviceId": BENTO, "start": start, "timeZone": zone, "customer.name": "A"}
        answers.append(await facade.http.post(f"{root}/bookings", data=form, headers=BROWSER))
        answers.append(await facade.book(start=start, timeZone=zone))

    assert {one.status_code for one in answers} <= {200, 422}
