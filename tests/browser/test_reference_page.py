"""The reference in Chromium: the viewer under a strict policy; the plain page where there is none."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.visitor import Site, axe, check_width

Visit = Callable[..., BrowserContext]
SAMPLES = ("Shell", "JavaScript", "Python", "C#", "Swift", "Kotlin")
OF_THE_VIEWER = {"nested-interactive"}
"""The title of a panel that opens and closes has buttons in it."""

SCREEN = {"viewport": {"width": 1440, "height": 900}}


SCROLLED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def opened(page: Page, address: str) -> tuple[list[str], list[str]]:
    """What the console says, and what is asked for."""
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    return said, asked


def test_the_viewer_finds_tries_and_shows_samples(site: Site, visit: Visit) -> None:
    """By words of a description to the operation, a request from there, and samples in every language."""
    page = visit(**SCREEN).new_page()
    said, asked = opened(page, f"{site.root}/api/docs")
    page.get_by_label("Search").fill("services customers may book duration")
    page.locator("#found a").first.click()
    expect(page.get_by_role("heading", name="The services of a business", exact=True)).to_be_visible()

    page.get_by_role("button", name="Send API Request").click()
    expect(page.locator("#elements")).to_contain_text("prepared at your table")  # the example has other words
    samples = page.get_by_role("button", name=re.compile("Request Sample"))
    samples.scroll_into_view_if_needed()
    page.evaluate(SCROLLED)  # scrolling closes an open menu
    samples.click()
    for language in SAMPLES:
        expect(page.get_by_role("menuitemcheckbox", name=language, exact=True)).to_be_visible()

    assert [one for one in asked if not one.startswith((site.root, "data:"))] == []
    assert [one for one in said if "Content Security Policy" in one or "Failed" in one] == []


def test_what_has_an_anchor_is_shown_on_the_plain_page(site: Site, visit: Visit) -> None:
    """The type of a problem leads there; from there on to the viewer, and back."""
    page = visit(**SCREEN).new_page()
    said, _ = opened(page, f"{site.root}/api/docs#problem-slot-busy")
    expect(page.locator("#problem-slot-busy")).to_be_in_viewport()
    page.get_by_role("link", name="the viewer").click()
    expect(page.get_by_role("heading", name="Bookings Facade").last).to_be_visible()
    page.get_by_role("link", name="Booking rules").first.click()
    expect(page.locator("#rule-too-soon")).to_be_visible()
    assert [one for one in said if "Content Security Policy" in one] == []


def test_the_plain_page_stays_where_the_viewer_cannot_be_had(site: Site, visit: Visit) -> None:
    """Without scripts, and where the viewer's file does not come."""
    plain = visit(java_script_enabled=False).new_page()
    plain.goto(f"{site.root}/api/docs")
    expect(plain.get_by_role("heading", name="Book a slot", exact=True)).to_be_visible()

    cut_off = visit().new_page()
    cut_off.route("**/elements.js*", lambda route: route.abort())
    cut_off.goto(f"{site.root}/api/docs#/operations/createBooking")
    expect(cut_off.get_by_role("heading", name="Book a slot", exact=True)).to_be_visible()
    expect(cut_off.locator("#viewer")).to_be_hidden()


@pytest.mark.parametrize(
    ("scheme", "where", "head"),
    [("light", "#/schemas/Problem", "Problem"), ("dark", "#/operations/createBooking", "Book a slot")],
)
def test_the_viewer_is_accessible_and_fits(
    site: Site, visit: Visit, scheme: str, where: str, head: str
) -> None:
    """Axe finds nothing on an object nor on an operation; nothing is scrolled sideways, at 200 % neither."""
    page = visit(color_scheme=scheme, reduced_motion="reduce", **SCREEN).new_page()
    page.goto(f"{site.root}/api/docs{where}")
    expect(page.locator("#elements h1", has_text=head)).to_be_visible()
    expect(page.locator("#elements .sl-code-viewer__scroller[tabindex]").first).to_be_attached()
    assert [one for one in axe(page) if one[0] not in OF_THE_VIEWER] == []
    for width in (720, 320):
        page.set_viewport_size({"width": width, "height": 450})
        check_width(page)
