"""The page in other languages in a browser: what was typed stays, and Arabic runs from right to left."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, expect

from tests.browser.visitor import Site, free_time, overflowing, utc

BENTO = "57da6774-a087-4d69-b0e6-6fb82c339976"
Visit = Callable[..., BrowserContext]


def test_another_language_keeps_what_was_typed(site: Site, visit: Visit) -> None:
    """With the page's script: the words change, the fields stay, and the address has the language alone."""
    page = visit().new_page()
    page.goto(site.page(query=f"service={BENTO}&start={utc(free_time(2, 3, 10))}"))
    page.get_by_label("Name").fill("Ann Beebe")
    page.get_by_label("E-mail address").fill("ann@contoso.com")
    page.get_by_role("button", name="Italiano").click()
    expect(page.get_by_role("heading", name="I Suoi dati")).to_be_visible()
    expect(page.get_by_label("Nome e cognome")).to_have_value("Ann Beebe")
    page.get_by_role("button", name="العربية").click()
    expect(page.locator("html[lang=ar][dir=rtl]")).to_be_visible()
    expect(page.locator("input[type=email]")).to_have_value("ann@contoso.com")
    assert "lang=ar" in page.url
    assert "Ann" not in page.url
    page.reload()
    expect(page.locator("html[lang=ar][dir=rtl]")).to_be_visible()


def test_arabic_runs_from_right_to_left(site: Site, visit: Visit, shots: Path) -> None:
    """On a phone and on a desktop, on each step, nothing overlaps or stands out."""
    moment = free_time(2, 3, 10)
    steps = {
        "services": "step=services",
        "times": f"service={BENTO}&day={moment.date().isoformat()}&timeZone=Europe/Paris",
        "details": f"service={BENTO}&start={utc(moment)}",
    }
    for width in (390, 1440):
        page = visit(viewport={"width": width, "height": 900}, locale="ar-EG").new_page()
        for name, query in steps.items():
            page.goto(site.page(query=query))
            expect(page.locator("html[dir=rtl]")).to_be_visible()
            assert overflowing(page) == []
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
            page.screenshot(full_page=True, path=shots / f"ar-{name}-{width}.png")


def test_a_zone_is_found_by_its_country(site: Site, visit: Visit) -> None:
    """The script suggests what the list has; what is not in it is found too, and focus goes to the list."""
    page, moment = visit().new_page(), free_time(2, 3, 10)
    page.goto(site.page(query=f"service={BENTO}&day={moment.date().isoformat()}&step=days"))
    page.focus("#zone")
    assert page.locator('#zones option[value^="Kyiv, Ukraine ("]').count() == 1
    page.get_by_label("Search for a city or country").fill("Slovenia")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Ljubljana")
    expect(page.get_by_label("Time zone")).to_be_focused()
    expect(page.locator(f'button[name=start][value="{utc(moment)}"]')).to_contain_text("5:00")
