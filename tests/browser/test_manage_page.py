"""Whoever has booked looks, moves and cancels: on a phone and a desktop, with and without JavaScript."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from tests.browser.visitor import (
    Calendar,
    Site,
    check_width,
    check_with_axe,
    choose,
    confirmed,
    fill,
    free_time,
    somebody,
    utc,
)

Visit = Callable[..., BrowserContext]
PHONE = {"viewport": {"width": 360, "height": 740}}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}


def book(page: Page, site: Site, email: str, weekday: int, hour: int) -> str:
    """Book a menu tasting, and open its page by the link of the result; gives that link."""
    page.goto(site.page())
    choose(page, "Menu tasting", free_time(7, weekday, hour))
    fill(page, email, answer=None)
    page.get_by_role("button", name="Book now").click()
    confirmed(page)
    link = page.get_by_role("link", name="Move or cancel this appointment")
    return f"{site.root}{link.get_attribute('href')}"


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def offered(page: Page, name: str) -> None:
    expect(page.get_by_role("button", name=name)).to_be_visible()


def titled(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


def move_and_cancel(
    page: Page, calendar: Calendar, email: str, weekday: int, look: Callable[[str], None]
) -> None:
    """From the opened booking: move it to 14:00 of its day, then cancel it; the calendar says the same."""
    offered(page, "Choose another time")
    look("booking")
    press(page, "Choose another time")
    offered(page, "Back to your appointment")
    look("times")
    later = free_time(7, weekday, 14)
    page.locator(f'button[name=start][value="{utc(later)}"]').click()
    titled(page, "Move your appointment?")
    look("move")
    press(page, "Move it")
    titled(page, "Your appointment has been moved")
    assert calendar.start(email) == later
    press(page, "Cancel this appointment")
    titled(page, "Cancel your appointment?")
    look("cancel")
    assert calendar.start(email) == later
    press(page, "Cancel it for good")
    titled(page, "This appointment is cancelled")
    look("cancelled")
    assert calendar.bookings(email) == []


@pytest.mark.parametrize(("screen", "weekday"), [(PHONE, 0), (DESKTOP, 1)], ids=["phone", "desktop"])
def test_a_booking_is_managed_with_a_script(
    site: Site, visit: Visit, calendar: Calendar, shots: Path, screen: dict[str, object], weekday: int
) -> None:
    """The code leaves the address bar at once, and is in no address that is asked for, and no Referer."""
    page, email = visit(**screen).new_page(), somebody()
    asked: list[Request] = []
    problems: list[str] = []
    on_page = book(page, site, email, weekday, 9)
    link = calendar.link(email)
    assert link.partition("#")[2] == on_page.partition("#")[2]
    token = link.rpartition(".")[2]
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 (Playwright marks what it calls)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)

    def look(name: str) -> None:
        check_with_axe(page)
        check_width(page)
        page.screenshot(path=shots / f"manage-{name}-{weekday}.png", full_page=True)
        assert token not in page.url

    page.goto("about:blank")
    page.goto(link)
    offered(page, "Choose another time")
    page.evaluate("window.here = 'the same page'")
    move_and_cancel(page, calendar, email, weekday, look)

    assert page.evaluate("window.here") == "the same page"
    assert page.evaluate("JSON.stringify(history.state)") == "null"
    sent = [one for one in asked if one.url.startswith(site.root)]
    assert [one.url for one in sent if token in one.url.partition("#")[0]] == []
    assert [one.url for one in sent if token in one.headers.get("referer", "")] == []
    assert {one.method for one in sent if "/api/manage/" in one.url} == {"GET", "POST"}
    assert problems == []


@pytest.mark.parametrize(("screen", "weekday"), [(PHONE, 2), (DESKTOP, 3)], ids=["phone", "desktop"])
def test_a_booking_is_managed_without_javascript(
    site: Site, visit: Visit, calendar: Calendar, screen: dict[str, object], weekday: int
) -> None:
    """The result page has a button; elsewhere the reference and the code are typed in."""
    page, email = visit(java_script_enabled=False, **screen).new_page(), somebody()
    link = book(page, site, email, weekday, 9)
    press(page, "Move or cancel this appointment")
    offered(page, "Choose another time")
    assert page.url.endswith("/api/manage/contoso-lunch")

    page.goto("about:blank")
    page.goto(link.partition("#")[0])
    page.get_by_label("Reference").fill(link.rpartition("#")[2].partition(".")[0])
    page.get_by_label("Code").fill(link.rpartition(".")[2])
    press(page, "Show my appointment")

    def look(_: str) -> None:
        assert link.rpartition(".")[2] not in page.url

    move_and_cancel(page, calendar, email, weekday, look)


def test_another_link_in_the_same_tab_opens_the_other_booking(site: Site, visit: Visit) -> None:
    """Only what stands behind the # changes then, which loads no page; it leaves the address bar too."""
    page = visit().new_page()
    first, second = (book(page, site, somebody(), 4, hour) for hour in (9, 11))
    page.goto(first)
    offered(page, "Choose another time")

    page.evaluate("link => { location.href = link; }", second)

    expect(page.get_by_text(second.rpartition("#")[2].partition(".")[0])).to_be_visible()
    assert "#" not in page.url
    page.goto("about:blank")
    page.goto(first + "wrong")
    expect(page.get_by_role("alert")).to_contain_text("There is no such booking")
    check_with_axe(page)
