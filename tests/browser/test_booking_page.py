"""Visitors book on the page itself: with and without JavaScript, by keyboard, on a phone, from elsewhere."""

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

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
    press_when_it_counts,
    somebody,
    utc,
)

Visit = Callable[..., BrowserContext]
BENTO = "57da6774-a087-4d69-b0e6-6fb82c339976"
PARIS = ZoneInfo("Europe/Paris")


def test_a_visitor_books_without_leaving_the_page(
    site: Site, visit: Visit, calendar: Calendar, shots: Path
) -> None:
    """With JavaScript one page serves all steps, and at the end one appointment stands."""
    page, email, moment = visit().new_page(), somebody(), free_time(2, 0, 9)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.goto(site.page())
    expect(page.get_by_role("heading", name="Choose a service")).to_be_focused()
    page.screenshot(path=shots / "services.png")
    page.evaluate("window.here = 'the same page'")

    choose(page, "Catered bento", moment)
    page.screenshot(path=shots / "details.png", full_page=True)
    fill(page, email)
    page.get_by_role("button", name="Book now").click()
    confirmed(page)

    page.screenshot(path=shots / "confirmed.png")
    assert page.evaluate("window.here") == "the same page"
    assert calendar.start(email) == moment
    assert problems == []
    page.reload()
    confirmed(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Add to calendar").click()
    assert b"BEGIN:VEVENT" in Path(download.value.path()).read_bytes()


def test_a_visitor_books_without_javascript(site: Site, visit: Visit, calendar: Calendar) -> None:
    """Every step is a plain form: from the first page on, nothing needs a script."""
    page, email, moment = visit(java_script_enabled=False).new_page(), somebody(), free_time(2, 0, 10)
    page.goto(site.page())
    choose(page, "Catered bento", moment)
    fill(page, email)
    page.get_by_role("button", name="Book now").click()

    confirmed(page)
    assert calendar.start(email) == moment


@pytest.mark.parametrize("scripted", [True, False])
def test_errors_stand_beside_their_fields(
    site: Site, visit: Visit, calendar: Calendar, shots: Path, scripted: bool
) -> None:
    """The summary has the focus, each field says what is wrong, and nothing typed is lost."""
    page, email, moment = visit(java_script_enabled=scripted).new_page(), somebody(), free_time(2, 0, 11)
    page.goto(site.page())
    choose(page, "Catered bento", moment)
    fill(page, "nobody", answer=None)
    page.get_by_label("Notes").fill("Two lines\nof notes")
    page.get_by_role("button", name="Book now").click()

    field = page.get_by_label("E-mail address")
    expect(page.locator("#errors")).to_be_focused()
    expect(field).to_have_value("nobody")
    expect(page.get_by_label("Name")).to_have_value("Ann Beebe")
    expect(page.get_by_label("Notes")).to_have_value("Two lines\nof notes")
    expect(field).to_have_accessible_description("Please enter an e-mail address such as name@example.com.")
    expect(page.get_by_label("What is your age")).to_have_accessible_description(
        "Please answer this question."
    )
    page.screenshot(path=shots / f"errors-{scripted}.png", full_page=True)
    page.get_by_role("link", name="What is your age: Please answer").click()
    expect(page.get_by_label("What is your age")).to_be_focused()
    fill(page, email)
    page.get_by_role("button", name="Book now").click()
    confirmed(page)
    (made,) = calendar.bookings(email)
    assert "Two lines\n  | of notes" in made["serviceNotes"]


def test_a_full_slot_is_refused_with_a_sentence_and_other_times(
    site: Site, visit: Visit, calendar: Calendar, shots: Path
) -> None:
    """Somebody else was faster: the page says so, offers free times, and keeps what was typed."""
    page, email, moment = visit().new_page(), somebody(), free_time(3, 0, 9)
    page.goto(site.page(query=f"service={BENTO}&step=load"))
    page.get_by_label("With whom?").select_option(label="Dana Swope")
    page.locator(".paging a").last.click()
    page.goto(
        f"{site.page(query=f'service={BENTO}')}&staff=8ee1c803-a1fa-406d-8259-7ab53233f148&start={utc(moment)}"
    )
    fill(page, email)
    for _ in range(5):
        body = {
            "serviceId": BENTO,
            "staffId": "8ee1c803-a1fa-406d-8259-7ab53233f148",
            "start": utc(moment),
            "customer": {"name": "Faster", "email": somebody()},
            "answers": [{"questionId": "3bc6fde0-4ad3-445d-ab17-0fc15dba0774", "answer": "30"}],
        }
        answer = httpx.post(
            f"{site.root}/api/v1/businesses/contoso-lunch/bookings", json=body, timeout=30, trust_env=False
        )
        assert answer.status_code == httpx.codes.CREATED, answer.text
    page.get_by_role("button", name="Book now").click()

    expect(page.locator("#errors")).to_contain_text("This time is not free any more")
    page.screenshot(path=shots / "full.png", full_page=True)
    check_with_axe(page)
    expect(page.get_by_label("E-mail address")).to_have_value(email)
    other = page.locator("input[type=radio][name=start]").first
    chosen = other.get_attribute("value")
    other.check()
    page.get_by_role("button", name="Book now").click()
    confirmed(page)
    assert utc(calendar.start(email)) == chosen != utc(moment)


def test_a_visitor_in_new_york_books_the_very_instant_in_paris(
    site: Site, visit: Visit, calendar: Calendar, shots: Path
) -> None:
    """What reads 4:30 in New York and 10:30 in Paris is booked as that one instant."""
    page, email = visit(timezone_id="America/New_York").new_page(), somebody()
    moment = free_time(3, 2, 10, PARIS).replace(minute=30)
    new_york = ZoneInfo("America/New_York")
    page.goto(site.page("paris-atelier"))
    page.get_by_role("button", name="Essayage").click()
    expect(page.get_by_text("Times are in your zone, New York.")).to_be_visible()
    page.get_by_role("link", name="Choose another service").click()
    choose(page, "Essayage", moment, new_york)

    local = moment.astimezone(new_york)
    shown = f"{local.hour % 12 or 12}:{local:%M} {'AM' if local.hour < 12 else 'PM'} (New York time)"
    expect(page.locator(".summary")).to_contain_text(shown)
    expect(page.locator(".summary")).to_contain_text("10:30 AM in Paris")
    page.get_by_label("Name").fill("Ann Beebe")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Book now").click()
    confirmed(page)
    page.screenshot(path=shots / "two-zones.png")
    assert calendar.start(email) == moment
    expect(page.locator("dl")).to_contain_text("10:30 AM in Paris")


def test_another_zone_can_be_chosen(site: Site, visit: Visit, shots: Path) -> None:
    """The list of zones changes every time on the page, and focus stays on it."""
    page, moment = visit().new_page(), free_time(3, 3, 9)
    page.goto(site.page(query=f"service={BENTO}&day={moment.date().isoformat()}&timeZone=America/Chicago"))
    button = page.locator(f'button[name=start][value="{utc(moment)}"]')
    expect(button).to_contain_text("9:00 AM")
    page.get_by_label("Time zone").select_option("Europe/London")
    expect(button).to_contain_text("9:00 AM in Chicago")
    expect(page.get_by_label("Time zone")).to_be_focused()
    page.screenshot(path=shots / "times.png", full_page=True)


def press_until(page: Page, key: str, matches: str, limit: int = 90) -> None:
    """Press a key until what has the focus matches this selector."""
    for _ in range(limit):
        if page.evaluate("(selector) => document.activeElement.matches(selector)", matches):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} never led to {matches}")


def test_the_keyboard_alone_books(site: Site, visit: Visit, calendar: Calendar) -> None:
    """Tab, Enter and letters are enough, and where the focus is can always be seen."""
    page, email, moment = visit().new_page(), somebody(), free_time(1, 1, 9)
    page.goto(site.page())
    expect(page.get_by_role("heading", name="Choose a service")).to_be_focused()
    press_until(page, "Tab", f'[name=service][value="{BENTO}"]')
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Choose a day")).to_be_focused()
    day = f'[name=day][value="{moment.date().isoformat()}"]'
    if not page.locator(day).count():
        press_until(page, "Tab", ".paging a:last-child")
        page.keyboard.press("Enter")
        expect(page.locator(day)).to_be_visible()
    press_until(page, "Tab", day)
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Choose a time")).to_be_focused()
    press_until(page, "Tab", f'[name=start][value="{utc(moment)}"]')
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your details")).to_be_focused()
    for selector, text in (
        ("[name='customer.name']", "Ann Beebe"),
        ("[name='customer.email']", email),
        ("[name^='answers.']", "30"),
    ):
        press_until(page, "Tab", selector)
        page.keyboard.type(text)
    press_until(page, "Tab", "button.main")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your appointment is booked")).to_be_focused()
    assert calendar.start(email) == moment


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(site: Site, visit: Visit, calendar: Calendar, shots: Path, scheme: str) -> None:
    """At 360 pixels nothing is scrolled sideways, on no step, in either scheme; axe finds nothing."""
    phone = visit(viewport={"width": 360, "height": 740}, color_scheme=scheme, has_touch=True, is_mobile=True)
    page, email, moment = phone.new_page(), somebody(), free_time(2, 1, 9 if scheme == "light" else 10)
    page.goto(site.page())
    steps: list[Callable[[], object]] = [
        lambda: page.get_by_role("button", name="Catered bento").wait_for(),
        lambda: choose(page, "Catered bento", moment),
        lambda: page.get_by_role("button", name="Book now").tap(),
        lambda: page.locator("#errors").wait_for(),
        lambda: fill(page, email),
        lambda: page.get_by_role("button", name="Book now").tap(),
        lambda: confirmed(page),
    ]
    for number, step in enumerate(steps):
        step()
        check_width(page)
        page.screenshot(path=shots / f"phone-{scheme}-{number}.png", full_page=True)
    check_with_axe(page)
    assert calendar.start(email) == moment


@pytest.mark.parametrize("fails", [True, False])
def test_axe_finds_nothing_on_the_first_page(site: Site, visit: Visit, fails: bool) -> None:
    """Neither where the services are shown, nor where they cannot be loaded."""
    page = visit().new_page()
    if fails:
        page.route("**/api/book/*step=services*", lambda route: route.abort())
    page.goto(site.page())
    if fails:
        expect(page.get_by_role("status")).to_contain_text("could not be loaded")
    else:
        expect(page.get_by_text("Catered bento").first).to_be_visible()
    check_with_axe(page)


def test_two_clicks_book_once(site: Site, visit: Visit, calendar: Calendar) -> None:
    """Whoever clicks twice has one appointment and one seat."""
    page, email, moment = visit().new_page(), somebody(), free_time(2, 3, 9)
    page.goto(site.page(query=f"service={BENTO}&start={utc(moment)}"))
    fill(page, email)
    page.get_by_role("button", name="Book now").dblclick()
    confirmed(page)
    (made,) = calendar.bookings(email)
    assert len(made["customers"]) == 1


def test_back_leads_a_step_back_and_typing_survives(site: Site, visit: Visit) -> None:
    """The browser's own Back works between steps; another time does not cost what was typed."""
    page, moment = visit().new_page(), free_time(2, 3, 10)
    page.goto(site.page())
    choose(page, "Catered bento", moment)
    page.get_by_label("Name").fill("Ann Beebe")
    page.get_by_role("link", name="Choose another time").click()
    page.locator(f'button[name=start][value="{utc(moment)}"]').click()
    expect(page.get_by_label("Name")).to_have_value("Ann Beebe")
    page.go_back()
    expect(page.locator("#times")).to_be_visible()


def test_a_link_fills_in_who_books_and_no_server_hears_of_it(site: Site, visit: Visit) -> None:
    """What stands behind the # goes into the fields and out of the address bar."""
    page, moment = visit().new_page(), free_time(2, 4, 10)
    asked: list[str] = []
    page.on("request", lambda one: asked.extend([one.url.partition("#")[0], one.headers.get("referer", "")]))
    page.goto(f"{site.page()}#name=Ann+Beebe&email=ann%40contoso.com")
    choose(page, "Catered bento", moment)
    expect(page.get_by_label("Name")).to_have_value("Ann Beebe")
    expect(page.get_by_label("E-mail address")).to_have_value("ann@contoso.com")
    assert "#" not in page.url
    assert [one for one in asked if "Ann" in one or "ann" in one] == []


def test_a_lost_connection_is_told_and_the_form_stays(site: Site, visit: Visit, calendar: Calendar) -> None:
    """The page says that it does not know, keeps what was typed, and asks again by itself: it books once."""
    page, email, moment = visit().new_page(), somebody(), free_time(2, 3, 11)
    page.goto(site.page(query=f"service={BENTO}&start={utc(moment)}"))
    fill(page, email)
    page.route("**/bookings", lambda route: route.abort())
    page.get_by_role("button", name="Book now").click()
    expect(page.get_by_role("status")).to_contain_text("we do not know whether this is booked")
    expect(page.get_by_label("E-mail address")).to_have_value(email)
    page.unroute("**/bookings")
    confirmed(page)
    assert len(calendar.bookings(email)) == 1


@pytest.mark.parametrize("body", ["", "<h1>502 Bad Gateway</h1>", "<!doctype html><title>x</title>"])
def test_an_answer_that_is_no_page_is_unknown(
    site: Site, visit: Visit, calendar: Calendar, body: str
) -> None:
    """What booked and was answered by somebody in between is asked for again with the same form."""
    page, email = visit().new_page(), somebody()
    moment = free_time(6, 3, 9 + len(body) % 7)
    page.goto(site.page(query=f"service={BENTO}&start={utc(moment)}"))
    fill(page, email)
    sent: list[str | None] = []

    def lose(route: Route) -> None:
        sent.append(route.request.post_data)
        if len(sent) == 1:
            route.fetch()
            route.fulfill(status=502, body=body, content_type="text/html")
        else:
            route.continue_()

    page.route("**/bookings", lose)
    page.get_by_role("button", name="Book now").click()
    confirmed(page)
    assert sent[0] == sent[1]
    assert len(calendar.bookings(email)) == 1


def test_a_poll_that_gets_no_answer_is_not_the_last(hasty: Site, visit: Visit, calendar: Calendar) -> None:
    """A pending booking is asked for again after an empty answer too."""
    page, email, moment = visit().new_page(), somebody(), free_time(6, 4, 12)
    page.goto(hasty.page(query=f"service={BENTO}&start={utc(moment)}"))
    fill(page, email)
    calendar.control("switches", {"visibility_delay": 3600})
    lost = {"operation": "appointments.create", "kind": "disconnect", "when": "after"}
    calendar.control("faults", {"faults": [lost]})
    try:
        page.get_by_role("button", name="Book now").click()
        expect(page.get_by_role("link", name="Check again")).to_be_visible()
    finally:
        calendar.catch_up()
    polls: list[str] = []
    seen: list[str] = []

    def empty(route: Route) -> None:
        polls.append(route.request.url)
        route.continue_() if seen else route.fulfill(status=500, body="")

    page.route("**/book/contoso-lunch?*reference=*", empty)
    expect(page.get_by_role("status")).to_contain_text("could not be loaded")
    seen.append("the failure")
    hasty.settle()
    confirmed(page)
    assert len(polls) > 1


def test_a_pending_booking_is_asked_for_until_it_is_settled(
    hasty: Site, visit: Visit, calendar: Calendar
) -> None:
    """Graph books and its answer is lost: the page says that it is not sure, and then that it is booked."""
    page, email, moment = visit().new_page(), somebody(), free_time(2, 3, 12)
    page.goto(hasty.page(query=f"service={BENTO}&start={utc(moment)}"))
    fill(page, email)
    calendar.control("switches", {"visibility_delay": 3600})
    try:
        lost = {"operation": "appointments.create", "kind": "disconnect", "when": "after"}
        calendar.control("faults", {"faults": [lost]})
        page.get_by_role("button", name="Book now").click()
        expect(page.get_by_role("link", name="Check again")).to_be_visible()
    finally:
        calendar.catch_up()
    hasty.settle()
    confirmed(page)
    assert calendar.start(email) == moment


def test_a_human_check_is_solved_on_the_way(
    guarded: Site, visit: Visit, calendar: Calendar, shots: Path
) -> None:
    """With ALTCHA on, the page solves the challenge itself; without JavaScript it takes a button more."""
    page, email, moment = visit().new_page(), somebody(), free_time(4, 0, 9)
    page.goto(guarded.page(query=f"service={BENTO}&start={utc(moment)}"))
    fill(page, email)
    page.get_by_role("button", name="Book now").click()
    confirmed(page)
    assert calendar.start(email) == moment

    plain, email, moment = visit(java_script_enabled=False).new_page(), somebody(), free_time(4, 0, 10)
    plain.goto(guarded.page(query=f"service={BENTO}&start={utc(moment)}"))
    fill(plain, email)
    plain.get_by_role("button", name="Book now").click()
    expect(plain.get_by_text("One more step")).to_be_visible()
    plain.screenshot(path=shots / "robot.png", full_page=True)
    press_when_it_counts(plain)
    confirmed(plain)
    assert calendar.start(email) == moment


def test_a_form_of_another_website_books_and_comes_back(
    site: Site, website: Website, visit: Visit, calendar: Calendar
) -> None:
    """A plain form, no script at all: 303 back to the website with the reference."""
    email, moment = somebody(), free_time(2, 4, 9)
    website.put("/thanks", "<p>Thank you!</p>")
    address = website.put(
        "/form",
        f'<form method="post" action="{site.root}/api/v1/businesses/contoso-lunch/bookings">'
        f'<input type="hidden" name="serviceId" value="{BENTO}">'
        f'<input type="hidden" name="start" value="{utc(moment)}">'
        f'<input type="hidden" name="returnUrl" value="{website.origin}/thanks">'
        '<input type="hidden" name="answers.3bc6fde0-4ad3-445d-ab17-0fc15dba0774" value="30">'
        '<label>Name <input name="customer.name"></label>'
        '<label>E-mail address <input name="customer.email"></label><button>Book</button></form>',
    )
    page = visit(java_script_enabled=False).new_page()
    page.goto(address)
    page.get_by_label("Name").fill("Ann Beebe")
    page.get_by_label("E-mail address").fill("nobody")
    page.get_by_role("button", name="Book").click()
    expect(page.locator("#errors")).to_be_visible()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Book now").click()

    expect(page.get_by_text("Thank you!")).to_be_visible()
    assert "status=confirmed" in page.url
    assert "reference=BK-" in page.url
    assert calendar.start(email) == moment
