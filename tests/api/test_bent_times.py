"""Times that come twice, zones by two names, links that come bent, months without a free time."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from shared.domain.clocks import comes_twice
from tests.api.test_forms import BROWSER
from tests.api.test_pages import Reader
from tests.support.facade import Facade, customer

PARIS = "parisatelier@contoso.com"
FITTING = "b4b5f3a1-3f37-4c57-9d2b-6a4a1a2f9c01"
PAGE = "/api/book/paris-atelier"
BOOKINGS = "/api/v1/businesses/paris-atelier/bookings"
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
QUARTER = timedelta(minutes=15)
ALL_DAY = [{"day": day, "timeSlots": [{"start": "00:00:00", "end": "00:00:00"}]} for day in DAYS]
POLICY: dict[str, Any] = {
    "timeSlotInterval": "PT15M", "minimumLeadTime": "PT0S", "maximumAdvance": "P400D",
    "allowStaffSelection": True,
}  # fmt: skip
TODAY = datetime.now(UTC).date()
STAFF = ("d1f6c8b2-7a4e-4b6d-9f3c-2b1a0c9d8e03", "e7a9d0c4-1b2c-4d3e-8f5a-6b7c8d9e0f04")


async def open_always(facade: Facade, **policy: object) -> None:
    """Let the shop be open day and night, more than a year ahead."""
    seed = {"id": PARIS, "businessHours": ALL_DAY, "schedulingPolicy": {**POLICY, **policy}}
    staff = [{"id": one, "useBusinessHours": True} for one in STAFF]
    await facade.emulator.seed(businesses=[{**seed, "staffMembers": staff}])


def twice(name: str) -> Sequence[datetime]:
    """The instants, a quarter of an hour apart, whose times come twice in the next such night."""
    zone, at = (
        ZoneInfo(name),
        datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=3),
    )
    while not comes_twice(at, zone):
        at += QUARTER
    found = []
    while comes_twice(at, zone):
        found.append(at)
        at += QUARTER
    return found


def utc(instant: datetime) -> str:
    """As the page sends it."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


async def page(facade: Facade, **query: str) -> Reader:
    """A step of the page, in English."""
    asked = {"service": FITTING, "lang": "en", **query}
    answer = await facade.http.get(PAGE, params=asked, headers=BROWSER)
    assert answer.status_code == 200, answer.text
    return Reader(answer)


@pytest.mark.parametrize("name", ["Europe/Paris", "Australia/Lord_Howe", "America/Chicago"])
async def test_a_time_that_comes_twice_is_told_apart_on_every_page(facade: Facade, name: str) -> None:
    """In the list, on the form and on the confirmation, by an hour or by half of one."""
    await open_always(facade)
    instants = twice(name)
    first, second = instants[0], instants[len(instants) // 2]
    day = first.astimezone(ZoneInfo(name)).date().isoformat()
    listed = await facade.http.get(
        PAGE, params={"service": FITTING, "day": day, "timeZone": name, "lang": "en"}
    )
    labels = dict(re.findall(r'(?s)name="start" value="([^"]+)"><strong>(.*?)</strong>', listed.text))
    forms, booked = [], []
    for n, start in enumerate((first, second)):
        forms.append((await page(facade, start=utc(start), timeZone=name)).text)
        body = {
            "serviceId": FITTING,
            "start": utc(start),
            "timeZone": name,
            "customer": customer(f"a{n}@contoso.com"),
        }
        answer = await facade.http.post(BOOKINGS, json=body)
        assert answer.status_code == 201, answer.text
        shown = answer.headers["Location"].split("/")[-1].replace("?", "&")
        booked.append(
            Reader(await facade.http.get(f"{PAGE}?lang=en&reference={shown}", headers=BROWSER)).text
        )
    whens = [re.findall(r"at (.*? time\))", one)[0] for one in (*forms, *booked)]
    assert len(set(labels.values())) == len(labels)
    assert whens[0] != whens[1]
    assert whens[:2] == whens[2:]
    assert all("UTC" in one for one in whens)


@pytest.mark.parametrize("name", ["Europe/Paris", "Europe/London"])
async def test_a_local_time_that_comes_twice_offers_both(facade: Facade, name: str) -> None:
    """What is offered instead lies around what was asked for, not around today; nothing is chosen unasked."""
    await open_always(facade)
    instants = twice(name)
    first, second = instants[0], instants[len(instants) // 2]
    local = first.astimezone(ZoneInfo(name)).replace(tzinfo=None).isoformat(timespec="minutes")
    sent = {
        "serviceId": FITTING,
        "start": local,
        "timeZone": name,
        "customer.name": "A",
        "customer.email": "a@contoso.com",
    }
    answer = await facade.http.post(BOOKINGS, data=sent, headers=BROWSER)
    shown = Reader(answer)
    offered = [one["value"] for one in shown.all("input", type="radio", name="start")]
    assert answer.status_code == 422
    assert {utc(first), utc(second)} <= set(offered)
    assert shown.all("input", type="hidden", name="start") == []


@pytest.mark.parametrize("days", [35, 390, 3000])
async def test_other_times_are_near_what_was_asked(facade: Facade, days: int) -> None:
    """A time that the clocks skip, one too far ahead: those that can be booked next to it."""
    await open_always(facade)
    start = (datetime.now(UTC) + timedelta(days=days)).replace(hour=10, minute=7, second=0, microsecond=0)
    sent = {"serviceId": FITTING, "start": start.replace(tzinfo=None).isoformat(), "customer.name": "A"}
    answer = await facade.http.post(
        BOOKINGS, data={**sent, "customer.email": "a@contoso.com"}, headers=BROWSER
    )
    offered = [str(one["value"]) for one in Reader(answer).all("input", type="radio", name="start")]
    wanted = min(start, datetime.now(UTC) + timedelta(days=400))
    assert offered
    assert all(abs(datetime.fromisoformat(one) - wanted) < timedelta(days=2) for one in offered)


@pytest.mark.parametrize(
    ("theirs", "visitors", "today"),
    [
        ("India Standard Time", "Asia/Kolkata", "Asia/Kolkata"),
        ("India Standard Time", "Asia/Calcutta", "Asia/Kolkata"),
        ("Europe/Kyiv", "Europe/Kiev", "Europe/Kyiv"), ("UTC", "Etc/UTC", "Etc/UTC"),
        ("America/Chicago", "US/Central", "America/Chicago"),
    ],
)  # fmt: skip
async def test_two_names_of_one_zone_are_one(facade: Facade, theirs: str, visitors: str, today: str) -> None:
    """No time is printed twice, the zone is not called another one, and the list has it once, as of today."""
    await open_always(facade)
    settings = (await facade.emulator.state())["businesses"][PARIS]["business"]["bookingPageSettings"]
    named = {"bookingPageSettings": {**settings, "businessTimeZone": theirs}}
    await facade.emulator.seed(businesses=[{"id": PARIS, **named}])
    day = (TODAY + timedelta(days=5)).isoformat()
    shown = await page(facade, day=day, timeZone=visitors)
    assert shown.all("button", name="start")
    assert " in " not in " ".join(re.findall(r"\d [AP]M in \w+", shown.text))
    assert "All times are in" in shown.text
    assert "another one" not in shown.text
    twins = {"Asia/Kolkata", "Asia/Calcutta"} if "Asia" in visitors else {theirs, visitors}
    assert [one["value"] for one in shown.all("option") if one["value"] in twins] == [today]


def bent(start: datetime) -> dict[str, str]:
    """Links to this start as people and programs write them, as they stand in an address."""
    local = start.astimezone(ZoneInfo("Europe/Paris")).isoformat()
    return {
        "escaped": quote(local, safe=""),
        "as written": local,
        "escaped twice": quote(quote(local, safe=""), safe=""),
        "with a point": quote(utc(start)) + ".",
        "without seconds": local.replace(":00+", "+"),
        "local": local[:19],
        "invisible behind": quote(f"{utc(start)}\u200b"),
    }


@pytest.mark.parametrize("written", list(bent(datetime.now(UTC))))
async def test_a_link_to_a_time_leads_to_its_form(facade: Facade, written: str) -> None:
    """A plus that was not escaped is a space in the address, and can only mean the plus."""
    await open_always(facade)
    start = (datetime.now(UTC) + timedelta(days=9)).replace(hour=10, minute=0, second=0, microsecond=0)
    address = f"{PAGE}?service={FITTING}&lang=en&start={bent(start)[written]}"
    shown = Reader(await facade.http.get(address, headers=BROWSER))
    assert shown.values().get("start") == utc(start)


async def test_a_link_copied_from_a_source_is_read(facade: Facade) -> None:
    """There `&` is written `&amp;`."""
    await open_always(facade)
    start = (datetime.now(UTC) + timedelta(days=9)).replace(hour=10, minute=0, second=0, microsecond=0)
    address = f"{PAGE}?service={FITTING}&amp;lang=de&amp;start={utc(start)}"
    shown = Reader(await facade.http.get(address, headers=BROWSER))
    assert shown.values().get("start") == utc(start)
    assert shown.all("html", lang="de")


@pytest.mark.parametrize("text", ["tomorrow", "2027-13-01T10:00", "%00"])
async def test_a_link_that_cannot_be_read_says_so(facade: Facade, text: str) -> None:
    """The calendar comes with a word about it; without a time in the link there is none."""
    said = "The link does not say for certain which time is meant"
    address = f"{PAGE}?service={FITTING}&lang=en&start={text}"
    assert said in Reader(await facade.http.get(address, headers=BROWSER)).text
    assert said not in (await page(facade)).text


async def test_the_api_reads_a_lost_plus_and_says_how_to_write_it(facade: Facade) -> None:
    """In a challenge's query a plus is lost as in a link; what cannot be read is told with the way out."""
    url = "/api/v1/businesses/paris-atelier/challenge"
    start = (datetime.now(UTC) + timedelta(days=9)).strftime("%Y-%m-%dT10:00:00")
    good = await facade.http.get(f"{url}?serviceId={FITTING}&start={start}+01:00")
    bad = await facade.http.get(f"{url}?serviceId={FITTING}&start=tomorrow")
    assert good.status_code == 200, good.text
    assert "%2B" in bad.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("months", "kind"), [(2, "notBookable"), (4, "notBookable"), (9, "notBookable"), (4, "customWeeklyHours")]
)
async def test_the_first_free_month_is_shown(facade: Facade, months: int, kind: str) -> None:
    """However many months have nothing; Graph is not asked about those that the policy closes."""
    first = TODAY.replace(day=1)
    for _ in range(months):
        first = (first + timedelta(days=31)).replace(day=1)
    season = {
        "startDate": first.isoformat(), "endDate": (first + timedelta(days=20)).isoformat(),
        "availabilityType": "bookWhenStaffAreFree", "businessHours": [],
    }  # fmt: skip
    closed = {"availabilityType": kind, "businessHours": []}
    await open_always(facade, generalAvailability=closed, customAvailabilities=[season])
    await facade.emulator.forget_requests()
    shown = await page(facade)
    days = [str(one["value"]) for one in shown.all("button", name="day")]
    assert min(days)[:7] == f"{first:%Y-%m}"
    views = [one for one in await facade.calls() if one.startswith("calendarView")]
    assert len(views) <= 3 or kind != "notBookable"
    asked = await page(facade, month=f"{TODAY:%Y-%m}")
    assert asked.all("button", name="day") == []


async def test_a_shop_with_nothing_free_shows_this_month(facade: Facade) -> None:
    """Nothing is looked for without end."""
    closed = {"availabilityType": "notBookable", "businessHours": []}
    await open_always(facade, generalAvailability=closed, customAvailabilities=[])
    shown = await page(facade)
    assert "No time is free in this month" in shown.text
