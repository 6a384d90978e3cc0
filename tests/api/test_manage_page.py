"""The page of whoever has booked, from the server's side: look, move, cancel, with plain forms alone."""

import logging
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import pytest_asyncio
from icalendar import Calendar

from devtools.graph_emulator.client import ControlClient
from devtools.graph_emulator.default_seed import MENU_TASTING
from shared.pages.assets import asset
from shared.pages.languages import LANGUAGES
from tests.api.test_forms import BROWSER, URL, fields
from tests.api.test_managing import Booked, bento, move_by_hand, tasting
from tests.api.test_pages import LOADED, MAX_WEIGHT, Reader
from tests.api.test_privacy import Lines, lines  # noqa: F401 (a fixture)
from tests.support.facade import BUSINESS, MAILBOX, Facade, connect, environment, load_app, start_at

HERE = {**BROWSER, "X-Forwarded-For": "203.0.113.7:1"}
PAGE = f"/api/manage/{BUSINESS}"


class Visitor:
    """Somebody without JavaScript who has a booking's reference and code."""

    def __init__(self, one: Booked) -> None:
        self.one, self.http = one, one.facade.http
        self.secret = {"reference": one.reference, "token": one.token}
        self.answer: httpx.Response

    async def send(self, **given: str) -> Reader:
        """What a form of the page sends."""
        self.answer = await self.http.post(PAGE, data={**self.secret, **given}, headers=HERE)
        return Reader(self.answer)

    async def move(self, start: datetime, **given: str) -> Reader:
        """Press the button for this time, then the one that moves."""
        asked = await self.send(step="time", start=utc(start), **given)
        return await self.send(**form_with(asked, step="move"))


def utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def form_with(page: Reader, **values: str) -> Mapping[str, str]:
    """What the form sends that has these hidden fields; a page has several."""
    forms: list[dict[str, str]] = []
    for tag, has in page.found:
        if tag == "form":
            forms.append({})
        elif tag == "input" and forms and has.get("name"):
            forms[-1][str(has["name"])] = has.get("value") or ""
    (found,) = [one for one in forms if values.items() <= one.items() and "lang" not in one][:1]
    return found


@pytest_asyncio.fixture
async def cancelling(emulator: ControlClient, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Facade]:
    """A facade whose identity may cancel with a message; five bookings and changes a day."""
    limits = '{"address": {"day": 5}}'
    more = {"GRAPH_FEATURES": "cancel", "LIMITS": limits, "PUBLIC_BASE_URL": "https://book.contoso.com"}
    for name, value in environment(emulator, **more).items():
        monkeypatch.setenv(name, value)
    module = load_app({})
    async with connect(module) as http:
        yield Facade(http, emulator, module)
        await module.facade.aclose()


async def test_the_first_page_asks_for_reference_and_code_and_nobody_at_graph(facade: Facade) -> None:
    """It is a form by POST, so that nothing typed comes into an address."""
    answer = await facade.http.get(PAGE, headers=BROWSER)

    page = Reader(answer)
    assert answer.status_code == 200
    assert await facade.calls() == []
    assert page.all("form", method="post", action=PAGE)
    assert {"reference", "token"} <= {one.get("name") for one in page.all("input")}


async def test_the_booking_is_shown_as_it_stands(facade: Facade) -> None:
    """What the staff moved shows; with service, staff, place, price, and until when it can be changed."""
    one = await tasting(facade)
    (made,) = await facade.appointments()
    await move_by_hand(facade, made["id"], start_at(11))

    page = await Visitor(one).send()

    assert "11:00" in page.text
    for text in ("Menu tasting", one.reference, "You can move or cancel it here until", "Price"):
        assert text in page.text
    assert page.all("time", datetime=start_at(11).isoformat(timespec="minutes"))


@pytest.mark.parametrize("typed", ["{token}", " {token} ", "https://x.test/api/manage/b#{reference}.{token}"])
async def test_the_code_is_taken_as_it_is_pasted(facade: Facade, typed: str) -> None:
    """With spaces around it, or as the whole link."""
    one = await tasting(facade)
    visitor = Visitor(one)
    visitor.secret = {
        "reference": f" {one.reference.lower()} ",
        "token": typed.format(reference=one.reference, token=one.token),
    }

    assert "Menu tasting" in (await visitor.send()).text


@pytest.mark.parametrize(
    "secret",
    [{"reference": "", "token": ""}, {"token": "A" * 75}, {"token": "A" * 5000}, {"reference": "BK-0"}],
)
async def test_what_opens_nothing_is_refused_and_the_code_never_comes_back(
    facade: Facade, secret: Mapping[str, str]
) -> None:
    """404, and the form again."""
    one = await tasting(facade)
    visitor = Visitor(one)

    page = await visitor.send(**secret)

    assert visitor.answer.status_code == 404
    assert "There is no such booking" in page.text
    assert one.token not in visitor.answer.text
    assert "AAAA" not in visitor.answer.text
    assert page.all("input", name="token")


async def test_a_token_of_one_shop_opens_nothing_at_another(facade: Facade) -> None:
    """As with the API."""
    visitor = Visitor(await tasting(facade))

    other = await facade.http.post("/api/manage/paris-atelier", data=visitor.secret, headers=BROWSER)
    unknown = await facade.http.post("/api/manage/nobody", data=visitor.secret, headers=BROWSER)

    assert (other.status_code, unknown.status_code) == (404, 404)


async def test_a_booking_is_moved_with_plain_forms(facade: Facade) -> None:
    """Day and time as in booking, then both times side by side, then one button."""
    one = await tasting(facade)
    visitor = Visitor(one)
    booking = await visitor.send()
    days = await visitor.send(**form_with(booking, step="days"))
    day = await visitor.send(**{**form_with(days, step="days"), "day": f"{start_at().date()}"})
    offered = {str(button["value"]) for button in day.all("button", name="start")}
    assert utc(start_at(14)) in offered
    asked = await visitor.send(**form_with(day, step="time"), start=utc(start_at(14)))
    assert asked.all("time", datetime=start_at().isoformat(timespec="minutes"))
    assert asked.all("time", datetime=start_at(14).isoformat(timespec="minutes"))
    assert (await one.read())["start"]["utc"] == utc(start_at())

    done = await visitor.send(**form_with(asked, step="move"))

    (made,) = await facade.appointments()
    assert "Your appointment has been moved" in done.text
    assert made["start"]["dateTime"][:16] == utc(start_at(14))[:16]


async def test_months_are_turned_by_buttons(facade: Facade) -> None:
    """No link of the page leads on with the booking: an address would have to hold the code."""
    visitor = Visitor(await tasting(facade))

    page = await visitor.send(step="days")
    month = next(str(one["value"]) for one in reversed(page.all("button", name="month")))
    turned = await visitor.send(step="days", month=month)

    assert turned.all("input", name="token", value=visitor.one.token)
    assert any(str(one["value"]).startswith(month) for one in turned.all("button", name="day"))


async def test_a_taken_time_is_refused_with_its_sentence_and_the_times_again(facade: Facade) -> None:
    """And nothing has changed."""
    one = await tasting(facade)
    staff = one.answer.json()["staff"][0]["id"]
    off = {"start": start_at(13).isoformat(), "end": start_at(16).isoformat()}
    await facade.emulator.seed(businesses=[{"id": MAILBOX, "timeOff": {staff: [off]}}])
    visitor = Visitor(one)

    page = await visitor.move(start_at(14), staff=staff)

    assert visitor.answer.status_code == 409
    assert "Nobody is there at this time" in page.text
    assert page.all("button", name="day")
    assert (await one.read())["start"]["utc"] == utc(start_at())


async def test_a_page_that_is_sent_again_moves_nothing_back(facade: Facade) -> None:
    """Whoever loads the answer of an earlier move again sees where the booking is now."""
    one = await tasting(facade)
    visitor = Visitor(one)
    asked = form_with(await visitor.send(step="time", start=utc(start_at(12))), step="move")
    await visitor.send(**asked)
    twice = await visitor.send(**asked)
    await one.move(start_at(14))

    late = await visitor.send(**asked)

    assert "Your appointment has been moved" in twice.text
    assert "changed meanwhile" in late.text
    assert (await one.read())["start"]["utc"] == utc(start_at(14))


@pytest.mark.parametrize("start", ["", "soon", "0001-01-01T00:00Z", "2026-12-01T10:00"])
async def test_a_time_that_is_none_leads_back_to_the_times(facade: Facade, start: str) -> None:
    """Whatever a form was made to say."""
    visitor = Visitor(await tasting(facade))

    asked = await visitor.send(step="time", start=start)
    status = visitor.answer.status_code
    moved = await visitor.send(step="move", start=start, changes="0")

    assert (status, visitor.answer.status_code) == (422, 422)
    assert asked.all("button", name="day")
    assert moved.all("button", name="day")


async def test_a_booking_is_cancelled_after_it_was_asked_for(facade: Facade) -> None:
    """No reason is asked for where it reaches nobody; a second time is no error."""
    one = await tasting(facade)
    visitor = Visitor(one)
    asked = await visitor.send(**form_with(await visitor.send(), step="reason"))
    assert "Cancel your appointment?" in asked.text
    assert not asked.all("textarea")
    assert len(await facade.appointments()) == 1

    done = [await visitor.send(**form_with(asked, step="cancel")) for _ in range(2)]

    assert all("This appointment is cancelled" in page.text for page in done)
    assert await facade.appointments() == []
    assert not done[0].all("input", name="step", value="days")


async def test_a_reason_is_asked_for_where_it_is_read(cancelling: Facade) -> None:
    """By the staff of an appointment for one; nobody is told about a seat of a group."""
    visitor, seat = Visitor(await tasting(cancelling)), Visitor(await bento(cancelling, start=start_at(14)))

    assert (await visitor.send(step="reason")).all("textarea", name="reason")
    assert not (await seat.send(step="reason")).all("textarea")
    long = await visitor.send(step="cancel", reason="x" * 1001)
    assert visitor.answer.status_code == 422
    assert "too long" in long.text
    await visitor.send(step="cancel", reason="I am ill.")

    mails = (await cancelling.emulator.state())["outbox"]
    assert "I am ill." in {one["text"] for one in mails if one["kind"] == "cancellation"}


async def test_another_language_keeps_the_reason_and_cancels_nothing(cancelling: Facade) -> None:
    """The button that speaks another language sends the form that would cancel; only its page comes again."""
    visitor = Visitor(await tasting(cancelling))
    asked = await visitor.send(step="reason")
    (button,) = asked.all("button", lang="de")
    typed = {**form_with(asked, step="cancel"), "reason": "I am ill."}

    answer = await cancelling.http.post(str(button["formaction"]), data=typed, headers=HERE)

    page = Reader(answer)
    assert page.all("html", lang="de")
    assert "I am ill." in page.text
    assert page.all("textarea", name="reason")
    assert "This appointment is cancelled" not in (await visitor.send()).text


async def test_the_link_travels_in_the_mail_for_one_and_in_every_calendar_file(cancelling: Facade) -> None:
    """Behind the service's own text, by the address that the settings give and no other; not in a group's."""
    one, seat = await tasting(cancelling), await bento(cancelling, start=start_at(14))
    link = "https://book.contoso.com/api/manage/contoso-lunch#{0.reference}.{0.token}"

    files = [
        await cancelling.http.get(
            f"{each.path}/calendar.ics",
            headers={"Booking-Token": each.token, "Host": "evil.example"},
        )
        for each in (one, seat)
    ]

    made = {each["maximumAttendeesCount"]: each for each in await cancelling.appointments()}
    assert made[1]["additionalInformation"].endswith(link.format(one))
    assert made[1]["isCustomerAllowedToManageBooking"] is False
    assert "/api/manage/" not in made[5].get("additionalInformation", "")
    for each, file in zip((one, seat), files, strict=True):
        (event,) = Calendar.from_ical(file.content).walk("VEVENT")
        assert link.format(each) in str(event["description"])
        assert "evil" not in file.text


@pytest.mark.parametrize("setting", ["off", "service"])
async def test_microsofts_own_link_is_the_settings_to_keep(
    emulator: ControlClient, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    """Beside ours, as the service has it; a group's mail has no link of ours, and the service decides."""
    more = {"PUBLIC_BASE_URL": "https://book.contoso.com", "MICROSOFT_MANAGE_LINK": setting}
    for name, value in environment(emulator, **more).items():
        monkeypatch.setenv(name, value)
    service = {"id": MENU_TASTING, "isCustomerAllowedToManageBooking": True}
    await emulator.seed(business=MAILBOX, services=[service])
    module = load_app({})
    async with connect(module) as http:
        facade = Facade(http, emulator, module)
        await tasting(facade)
        await bento(facade, start=start_at(14))
        await module.facade.aclose()

    made = {one["maximumAttendeesCount"]: one for one in await emulator.appointments(MAILBOX)}
    assert made[1]["isCustomerAllowedToManageBooking"] is (setting == "service")
    assert made[5]["isCustomerAllowedToManageBooking"] is True


async def test_without_an_address_the_host_is_believed_by_memory_alone(facade: Facade) -> None:
    """On a developer's machine; and what stands in a mail never comes from there."""
    one = await tasting(facade)

    file = await facade.http.get(f"{one.path}/calendar.ics", headers={"Booking-Token": one.token})

    (event,) = Calendar.from_ical(file.content).walk("VEVENT")
    assert f"http://facade/api/manage/{BUSINESS}#{one.reference}." in str(event["description"])
    (made,) = await facade.appointments()
    assert "/api/manage/" not in (made.get("additionalInformation") or "")


async def test_what_is_too_late_is_said_and_has_no_buttons(facade: Facade) -> None:
    """Whoever sends the form all the same changes nothing."""
    one = await tasting(facade)
    (made,) = await facade.appointments()
    visitor = Visitor(one)
    early = await visitor.send(step="time", start=utc(start_at(14)))
    await move_by_hand(facade, made["id"], datetime.now(UTC) + timedelta(minutes=30))

    looked = await visitor.send()
    tried = [
        await visitor.send(step=step, start=utc(start_at(14)))
        for step in ("days", "time", "reason", "cancel")
    ]
    tried.append(await visitor.send(**form_with(early, step="move")))

    for page in (looked, *tried):
        assert "It is too late to cancel this appointment here" in page.text
        assert "It is too late to move this appointment here" in page.text
        assert {str(one.get("value")) for one in page.all("input", name="step")} == {"look"}
    assert len(await facade.appointments()) == 1


async def test_a_change_in_doubt_is_told_as_such(facade: Facade) -> None:
    """The page asks again by POST, with and without a script."""
    one = await tasting(facade)
    visitor = Visitor(one)
    asked = form_with(await visitor.send(step="time", start=utc(start_at(14))), step="move")
    await facade.emulator.arm({"operation": "appointments.patch", "kind": "disconnect", "when": "before"})

    page = await visitor.send(**asked)

    assert "This has not ended yet" in page.text
    assert page.all("form", **{"data-poll": "5", "method": "post"})


async def test_the_result_page_leads_to_the_manage_page(facade: Facade) -> None:
    """By a link that keeps the code behind the #, and by a form where nothing reads that."""
    answer = await facade.http.post(URL, data=fields(), headers=BROWSER)
    result = Reader(await facade.http.get(answer.headers["Location"], headers=BROWSER))
    (link,) = [str(one["href"]) for one in result.all("a") if "/manage/" in str(one["href"])]

    opened = await facade.http.post(PAGE, data=form_with(result), headers=BROWSER)

    path, _, fragment = link.partition("#")
    reference, _, token = fragment.partition(".")
    assert path.partition("?")[0] == PAGE
    assert token not in path
    assert form_with(result).items() >= {"reference": reference, "token": token}.items()
    assert reference in Reader(opened).text


async def test_the_result_page_shows_no_time_that_is_over(facade: Facade) -> None:
    """After a move it shows the booking as it stands, after a cancellation that it stands no more."""
    one = await tasting(facade)
    asked = {"reference": one.reference, "token": one.token}

    async def result() -> str:
        return Reader(await facade.http.get(f"/api/book/{BUSINESS}", params=asked, headers=BROWSER)).text

    before = await result()
    await one.move(start_at(14))
    moved = await result()
    await one.post("cancel")

    assert "Your appointment is booked" in before
    assert "2:00" in moved
    assert "10:00" not in moved
    assert "This appointment is cancelled" in await result()
    forged = await facade.http.get(f"/api/book/{BUSINESS}", params={**asked, "token": "A"}, headers=BROWSER)
    assert forged.status_code == 404


@pytest.mark.parametrize("tag", sorted({*LANGUAGES} - {"en"}))
async def test_the_page_speaks_every_language_and_keeps_the_booking(facade: Facade, tag: str) -> None:
    """Another language is a button, which brings reference and code along."""
    visitor = Visitor(await tasting(facade))
    english = await visitor.send()

    other = await visitor.send(lang=tag)

    assert english.all("button", name="lang", value=tag)
    assert other.all("html", lang=tag)
    assert "Move or cancel" not in other.text


def switch(page: Reader, tag: str) -> Mapping[str, str]:
    """What the button sends that shows the page in another language."""
    sent: dict[str, str] = {}
    for name, has in page.found:
        if name == "form":
            sent = {}
        elif name == "input":
            sent[str(has.get("name"))] = has.get("value") or ""
        elif name == "button" and (has.get("name"), has.get("value")) == ("lang", tag):
            return {**sent, "lang": tag}
    raise AssertionError(f"no button shows the page in {tag}")


async def test_another_language_stays_on_the_page_that_one_is_on(facade: Facade) -> None:
    """The times of that day and zone, or the move that was about to be made; nothing is changed by it."""
    visitor = Visitor(await tasting(facade))
    day = start_at(week=3).date().isoformat()
    times = await visitor.send(step="days", day=day, timeZone="Europe/Paris")
    other = await visitor.send(**switch(times, "de"))
    german, english = ([one["value"] for one in page.all("button", name="start")] for page in (other, times))
    assert other.all("html", lang="de")
    assert german == english != []
    assert 'value="Europe/Paris" selected' in visitor.answer.text

    later = utc(start_at(14, week=3))
    asked = await visitor.send(step="time", start=later)
    other = await visitor.send(**switch(asked, "de"))
    assert other.all("html", lang="de")
    assert other.all("input", name="step", value="move")
    assert other.all("input", name="start", value=later)
    (made,) = await facade.appointments()
    assert made["start"]["dateTime"][:16] == utc(start_at())[:16]


async def test_nothing_of_a_booking_is_kept_told_or_logged(
    facade: Facade,
    lines: Lines,  # noqa: F811
) -> None:
    """No store, no referrer, no script of others, no address and no line of log with the code."""
    visitor = Visitor(await tasting(facade))
    pages = []
    for step in ("look", "days", "time", "reason", "cancel"):
        await visitor.send(step=step, start=utc(start_at(14)))
        pages.append(visitor.answer)
    pages.append(await facade.http.get(PAGE, headers=BROWSER))

    for answer in pages:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "script-src 'self';" in answer.headers["content-security-policy"]
        page = Reader(answer)
        addresses = [one.get(name) or "" for _, one in page.found for name in ("href", "src", "action")]
        assert not [one for one in addresses if visitor.one.token in one]
        assert len(answer.content) + sum(len(asset(name).body) for name in LOADED) <= MAX_WEIGHT
    sent = [line for line in lines.kept if visitor.one.token in line and "httpx" not in line]
    assert sent == []
    assert logging.getLogger().isEnabledFor(logging.DEBUG)


async def test_changes_are_counted_as_bookings_are(cancelling: Facade) -> None:
    """They are mailed to people; and whoever has to wait keeps what opens the booking."""
    visitor = Visitor(await tasting(cancelling))
    asked = form_with(await visitor.send(step="time", start=utc(start_at(14))), step="move")

    for _ in range(5):
        await visitor.send(step="cancel")
        assert visitor.answer.status_code == 200
    await visitor.send(**asked)

    assert visitor.answer.status_code == 429
    assert form_with(Reader(visitor.answer), step="look").items() >= visitor.secret.items()
