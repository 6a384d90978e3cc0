"""Plain forms of somebody's website, on another origin, in a deployment with the human check on."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import facade
from tests.browser.visitor import (
    Calendar,
    Site,
    Website,
    check_width,
    check_with_axe,
    confirmed,
    free_time,
    press_when_it_counts,
    somebody,
)

Visit = Callable[..., BrowserContext]
ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
HTML = re.findall(r"```html\n(.*?)```", README, re.DOTALL)
PRINTED = "http://127.0.0.1:7071"


def form_of_the_readme(site: Site, **attributes: str) -> str:
    """The form as the README shows it, with nothing changed but where the facade is."""
    (found,) = [one for one in HTML if "<form" in one]
    assert PRINTED in found
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return str(found).replace(PRINTED, site.root).replace("<form", f"<form{more}")


def fill_in(page: Page, email: str, local: str) -> None:
    """What a visitor types into the README's form."""
    page.get_by_label("When").fill(local)
    page.get_by_label("Name").fill('Zoë "O\'Neil" <b>')
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Your age").fill("30")


@pytest.mark.parametrize("enctype", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_with_javascript_the_page_sends_itself(
    guarded: Site, website: Website, visit: Visit, calendar: Calendar, enctype: str
) -> None:
    """The visitor presses one button, the website's own, and has booked; going back sends nothing again."""
    email, moment = somebody(), free_time(4, 2, 9 if enctype.startswith("multipart") else 10)
    page = visit().new_page()
    page.goto(website.put("/form", form_of_the_readme(guarded, enctype=enctype)))
    fill_in(page, email, moment.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_role("button", name="Book").click()
    confirmed(page)
    assert calendar.start(email) == moment
    (made,) = calendar.bookings(email)
    (guest,) = [one for one in made["customers"] if one["emailAddress"] == email]
    assert guest["name"] == 'Zoë "O\'Neil" <b>'
    page.go_back()
    expect(page.get_by_label("When")).to_be_visible()
    assert len(calendar.bookings(email)) == 1


def test_without_javascript_it_is_one_button(
    guarded: Site, website: Website, visit: Visit, calendar: Calendar, shots: Path
) -> None:
    """The page shows what will be booked; its button books, pressed too early it says so and books then."""
    email, moment = somebody(), free_time(4, 2, 11)
    page = visit(java_script_enabled=False, viewport={"width": 360, "height": 700}).new_page()
    page.goto(website.put("/plain", form_of_the_readme(guarded)))
    fill_in(page, email, moment.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_role("button", name="Book").click()
    expect(page.get_by_role("heading", name="Confirm your appointment")).to_be_visible()
    expect(page.get_by_text("Catered bento")).to_be_visible()
    page.screenshot(path=shots / "form-without-script.png", full_page=True)
    page.get_by_role("button", name="Book now").click()
    press_when_it_counts(page)
    confirmed(page)
    assert calendar.start(email) == moment
    (made,) = calendar.bookings(email)
    assert len([one for one in made["customers"] if one["emailAddress"] == email]) == 1


def test_where_the_script_cannot_solve_the_button_is_left(
    guarded: Site, website: Website, visit: Visit, calendar: Calendar
) -> None:
    """A browser whose script cannot calculate, as on a page without TLS, sends nothing by itself."""
    email, moment = somebody(), free_time(4, 2, 12)
    context = visit()
    context.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined })")
    page = context.new_page()
    page.goto(website.put("/weak", form_of_the_readme(guarded)))
    fill_in(page, email, moment.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_role("button", name="Book").click()
    expect(page.get_by_text("One more step")).to_be_visible()
    check_with_axe(page)
    check_width(page)
    press_when_it_counts(page)
    confirmed(page)
    assert calendar.start(email) == moment


WIDGET = "window.turnstile = { render: (place, { callback }) => setTimeout(() => callback('token'), 0) };"
"""Cloudflare's script as far as the page uses it: a visitor whom it takes for a person at once."""


def test_cloudflares_widget_sends_the_form(
    emulator_root: str, website: Website, visit: Visit, tmp_path: Path
) -> None:
    """Everything goes along with the token as soon as it is there, without another press."""
    settings = {"HUMAN_CHECK": "turnstile", "TURNSTILE_SECRET": "s", "TURNSTILE_SITE_KEY": "k"}
    sent: list[str] = []

    def answer(route: Route) -> None:
        if "humanCheck=token" not in (route.request.post_data or ""):
            return route.continue_()
        sent.append(route.request.post_data or "")  # the facade would ask Cloudflare now
        return route.fulfill(content_type="text/html", body='<main id="main"><h2>Sent</h2></main>')

    context = visit()
    script = "https://challenges.cloudflare.com/**"
    context.route(script, lambda route: route.fulfill(content_type="text/javascript", body=WIDGET))
    context.route("**/bookings", answer)
    with facade(emulator_root, tmp_path, **settings) as guarded:
        page = context.new_page()
        page.goto(website.put("/turnstile", form_of_the_readme(guarded)))
        fill_in(page, "ann@contoso.com", free_time(4, 2, 13).strftime("%Y-%m-%dT%H:%M"))
        page.get_by_role("button", name="Book").click()
        expect(page.get_by_role("heading", name="Sent")).to_be_visible()
    assert len(sent) == 1
    assert "customer.email=ann%40contoso.com" in sent[0]
