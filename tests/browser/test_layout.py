"""Where things stand: days beside times on a desktop; on a phone a tap on a day shows its times."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.visitor import Site, check_width, free_time

Visit = Callable[..., BrowserContext]
TASTING = "81c1f0a4-6b0f-4f43-b2ad-5f2f4f2c6d10"
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
IN_VIEW = """() => [...document.querySelectorAll('button[name=start]')].filter((one) => {
    const box = one.getBoundingClientRect();
    const isDown = box.top >= 0 && box.bottom <= innerHeight;
    return box.height && isDown && box.left >= 0 && box.right <= innerWidth;
}).length"""


def top(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["y"]


@pytest.mark.parametrize("scripted", [True, False])
def test_after_a_tap_on_a_day_its_times_are_in_view(site: Site, visit: Visit, scripted: bool) -> None:
    """A dozen of them, below the week of that day; the other weeks are one tap away."""
    page, day = visit(java_script_enabled=scripted, **PHONE).new_page(), free_time(2, 2, 9).date()
    page.goto(site.page(query=f"service={TASTING}&month={day:%Y-%m}&step=days"))
    page.locator(f'button[name=day][value="{day}"]').tap()
    expect(page.locator(".date")).to_contain_text(str(day.day))
    assert page.evaluate(IN_VIEW) >= 12
    assert top(page, f'button[name=day][value="{day}"]') < top(page, "#times")
    check_width(page)

    rows = page.locator(".month tbody tr")
    assert sum(row.is_visible() for row in rows.all()) == 1
    page.get_by_role("button", name="All days of").tap()
    expect(rows.last).to_be_visible()


def test_days_and_times_stand_side_by_side(site: Site, visit: Visit) -> None:
    """At once, with the first free day chosen, and what is being booked beside them."""
    page = visit(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(site.page(query=f"service={TASTING}&step=days"))
    expect(page.locator("button[name=start]").first).to_be_visible()
    about, days, clock = (page.locator(name).bounding_box() for name in (".about", ".days", ".clock"))
    assert about is not None
    assert days is not None
    assert clock is not None
    assert about["x"] + about["width"] <= days["x"] + 1
    assert days["x"] + days["width"] <= clock["x"] + 1
    assert abs(days["y"] - clock["y"]) < 2
    left = page.locator("button[name=start]").count()  # of today, late in the day, there are few
    assert page.evaluate(IN_VIEW) >= min(6, left)
