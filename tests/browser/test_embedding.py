"""The page inside of somebody else's website, on another origin: inline and as a popup."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import BrowserContext, Frame, Page, expect

from tests.browser.visitor import (
    Calendar,
    Site,
    Website,
    check_width,
    check_with_axe,
    choose,
    confirmed,
    fill,
    free_time,
    somebody,
)

ROOT = Path(__file__).resolve().parents[2]
Visit = Callable[..., BrowserContext]


def script(site: Site, **data: str) -> str:
    """The one line that a website pastes."""
    attributes = "".join(f' data-{name}="{value}"' for name, value in data.items())
    return f'<script src="{site.root}/api/web/embed.js" data-business="contoso-lunch"{attributes}></script>'


def embedded(page: Page) -> Frame:
    """The booking page in its frame."""
    frame = page.locator("iframe").element_handle().content_frame()
    assert frame is not None
    return frame


@pytest.mark.parametrize("width", [360, 900])
def test_one_line_embeds_the_page(
    site: Site, website: Website, visit: Visit, calendar: Calendar, shots: Path, width: int
) -> None:
    """Inline: the frame has the height of what is in it on every step, and books."""
    email, moment = somebody(), free_time(1, 2, 9 if width == 360 else 10)
    page = visit(viewport={"width": width, "height": 800}).new_page()
    page.goto(website.put("/inline", script(site) + "<p>After it.</p>"))
    frame = embedded(page)
    expect(frame.get_by_role("heading", name="Choose a service")).to_be_visible()

    choose(frame, "Catered bento", moment)
    tall = frame.evaluate("document.body.getBoundingClientRect().height")
    page.wait_for_function("(tall) => document.querySelector('iframe').offsetHeight >= tall", arg=tall)
    check_width(page)
    check_width(frame)
    page.screenshot(path=shots / f"inline-{width}.png", full_page=True)
    fill(frame, email)
    frame.get_by_role("button", name="Book now").click()
    confirmed(frame)

    low = frame.evaluate("document.body.getBoundingClientRect().height")
    page.wait_for_function(
        "(low) => document.querySelector('iframe').offsetHeight <= Math.max(low + 40, 330)", arg=low
    )
    check_with_axe(frame)
    assert page.url == f"{website.origin}/inline"
    assert calendar.start(email) == moment


def test_a_popup_opens_books_and_closes(
    site: Site, website: Website, visit: Visit, calendar: Calendar, shots: Path
) -> None:
    """A button opens a dialog that keeps the focus; Escape and Close end it, from wherever the focus is."""
    email, moment = somebody(), free_time(1, 3, 9)
    page = visit().new_page()
    page.goto(website.put("/popup", '<a href="#x">Elsewhere</a>' + script(site, mode="popup", lang="en")))
    opener, dialog = page.get_by_role("button", name="Book an appointment"), page.get_by_role("dialog")

    opener.focus()
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    expect(embedded(page).get_by_role("heading", name="Choose a service")).to_be_visible()
    check_with_axe(page)
    for _ in range(12):
        page.keyboard.press("Tab")
        inside = "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        assert page.evaluate(inside)
    page.screenshot(path=shots / "popup.png")
    page.get_by_role("button", name="Close").focus()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()

    opener.click()
    frame = embedded(page)
    frame.get_by_role("button", name="Catered bento").focus()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()

    opener.click()
    frame = embedded(page)
    choose(frame, "Catered bento", moment)
    fill(frame, email)
    frame.get_by_role("button", name="Book now").click()
    confirmed(frame)
    page.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    assert calendar.start(email) == moment


def test_a_service_and_a_language_can_be_given(site: Site, website: Website, visit: Visit) -> None:
    """`data-service` leads to the days, `data-lang` decides the language, `data-theme` the colours."""
    page = visit(color_scheme="light").new_page()
    line = script(site, service="57da6774-a087-4d69-b0e6-6fb82c339976", lang="de", theme="dark")
    page.goto(website.put("/german", line))
    frame = embedded(page)
    expect(frame.get_by_role("heading", name="Tag wählen")).to_be_visible()
    sheet = "getComputedStyle(document.getElementById('main')).backgroundColor"
    assert frame.evaluate(sheet) == "rgb(28, 33, 40)"
    assert page.locator("iframe").get_attribute("title") == "Termin buchen"


def test_a_website_that_is_not_listed_cannot_frame_the_page(
    site: Site, website: Website, visit: Visit
) -> None:
    """FRAME_ANCESTORS decides: the same website under another name gets nothing, and is told why."""
    website.put("/stranger", script(site))
    page, origin = visit().new_page(), f"http://localhost:{urlsplit(website.origin).port}"
    with page.expect_console_message(lambda said: said.text.startswith("embed.js")) as told:
        page.goto(f"{origin}/stranger")
    assert told.value.type == "error"
    assert "FRAME_ANCESTORS" in told.value.text
    assert origin in told.value.text
    assert embedded(page).locator("main").count() == 0
    link = page.get_by_role("link", name="Book an appointment")
    assert (link.get_attribute("target"), "embed=" in str(link.get_attribute("href"))) == ("_blank", False)


def test_the_line_of_the_readme_embeds_the_page(site: Site, website: Website, visit: Visit) -> None:
    """As it is printed, with nothing changed but where the facade is; the console stays empty of advice."""
    (line,) = re.findall(r"^<script .*</script>$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    page, said = visit().new_page(), []
    page.on("console", lambda one: said.append(one.text))
    page.goto(website.put("/readme", line.replace("http://127.0.0.1:7071", site.root)))
    page.wait_for_selector("iframe")
    expect(embedded(page).get_by_role("heading", name="Choose a service")).to_be_visible()
    page.wait_for_timeout(1_600)  # after this time the script would have complained
    assert [one for one in said if one.startswith("embed.js")] == []


def test_messages_of_strangers_are_not_heard(site: Site, website: Website, visit: Visit) -> None:
    """Only the frame itself can set its height; a message from any other window changes nothing."""
    page = visit().new_page()
    page.goto(website.put("/messages", script(site)))
    expect(embedded(page).get_by_role("heading", name="Choose a service")).to_be_visible()
    before = page.evaluate("document.querySelector('iframe').style.height")
    page.evaluate("window.postMessage({ bookingPage: 'size', height: 9999 }, '*')")
    page.evaluate("new Promise((done) => setTimeout(done, 0))")
    assert page.evaluate("document.querySelector('iframe').style.height") == before


def by_hand(site: Site, place: str) -> str:
    """A script that puts the script there, as tag managers do."""
    return (
        "<script>const made = document.createElement('script'); made.async = true;"
        f"made.src = '{site.root}/api/web/embed.js'; made.dataset.business = 'contoso-lunch';"
        f"{place}.append(made);</script>"
    )


def test_the_script_may_stand_in_the_head(site: Site, website: Website, visit: Visit) -> None:
    """Website builders and tag managers put it there, where nothing is seen: the page is seen anyhow."""
    page = visit().new_page()
    ways = {
        "/head": ("", script(site)),
        "/head-popup": ("", script(site, mode="popup")),
        "/manager-head": ("", by_hand(site, "document.head")),
        "/manager-body": (by_hand(site, "document.body"), ""),
    }
    for path, (body, head) in ways.items():
        page.goto(website.put(path, body, head))
        expect(page.locator("body > booking-page:last-child > :is(iframe, button)")).to_be_visible()
        if path != "/head-popup":
            expect(embedded(page).get_by_role("heading", name="Choose a service")).to_be_visible()

    source = httpx.get(f"{site.root}/api/web/embed.js", timeout=10, trust_env=False).text
    page.route("**/embed.js", lambda route: route.abort())
    page.goto(website.put("/evaluated", script(site)))
    page.evaluate(source)  # now no element is the current one
    page.evaluate(source)
    expect(page.locator("script + booking-page > iframe")).to_have_count(1)
