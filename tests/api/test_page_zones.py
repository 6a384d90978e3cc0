"""The choice of a time zone on the pages: searched by city or country, under the names of today."""

from shared.pages.assets import asset
from tests.api.test_forms import BROWSER
from tests.api.test_manage_page import Visitor
from tests.api.test_managing import tasting
from tests.api.test_pages import LOADED, MAX_WEIGHT, PAGE, Reader, step
from tests.api.test_stale_links import utc
from tests.support.facade import BENTO, Facade, start_at


def chosen_zone(page: Reader) -> str | None:
    """What the list of zones has selected."""
    (one,) = [has["value"] for has in page.all("option") if "selected" in has and "/" in (has["value"] or "")]
    return one


async def test_an_old_name_is_shown_and_sent_as_the_name_of_today(facade: Facade) -> None:
    """Browsers still say Asia/Calcutta; the page, its list and its form say Kolkata."""
    asked = {"service": BENTO, "timeZone": "Asia/Calcutta"}
    page = await step(facade, day=start_at().date().isoformat(), **asked)
    assert chosen_zone(page) == "Asia/Kolkata"
    assert "your zone, Kolkata" in page.text
    assert "Kolkata, India (UTC+5:30)" in page.text
    assert "Calcutta" not in page.text
    form = await step(facade, start=utc(start_at()), **asked)
    assert form.values()["timeZone"] == "Asia/Kolkata"
    assert "(Kolkata time)" in form.text


async def test_a_search_for_a_country_chooses_its_zone(facade: Facade) -> None:
    """By the page's plain form; everything that leads on from there has the zone."""
    page = await step(facade, service=BENTO, timeZone="Asia/Tokyo", zone="Ukraine, Kyiv", step="days")
    assert page.all("span", id="zone-note")
    page = await step(facade, service=BENTO, timeZone="Asia/Tokyo", zone="Slovenia", step="days")
    assert chosen_zone(page) == "Europe/Ljubljana"
    assert page.values()["timeZone"] == "Europe/Ljubljana"
    assert page.all("input", name="zone", list="zones")[0].get("value") is None


async def test_a_search_that_fits_several_zones_offers_them(facade: Facade) -> None:
    """And nothing is chosen for the visitor; what is nowhere is told."""
    page = await step(facade, service=BENTO, timeZone="Asia/Tokyo", zone="United States", step="days")
    listed = {one["value"] for one in page.all("option")}
    assert chosen_zone(page) == "Asia/Tokyo"
    assert {"America/New_York", "America/Los_Angeles", "Asia/Tokyo"} <= listed
    assert "Europe/Paris" not in listed
    assert "Several time zones fit" in page.text
    nowhere = await step(facade, service=BENTO, zone="<b>Atlantis", step="days")
    assert "This time zone is not known" in nowhere.text
    assert "Europe/Paris" in {one["value"] for one in nowhere.all("option")}


async def test_a_booking_is_moved_in_the_zone_that_was_searched_for(facade: Facade) -> None:
    """The page of whoever has booked has the same choice."""
    visitor = Visitor(await tasting(facade))
    page = await visitor.send(step="days", zone="Slovenia")
    assert chosen_zone(page) == "Europe/Ljubljana"


async def test_a_page_with_all_zones_stays_small(facade: Facade) -> None:
    """The list is there once; the script fills the search's suggestions from it.

    Arabic takes two bytes for most letters, and two zones stand on each time.
    """
    query = {"service": BENTO, "day": start_at().date().isoformat(), "lang": "ar", "timeZone": "Asia/Tokyo"}
    answer = await facade.http.get(PAGE, params=query, headers=BROWSER)
    (suggestions,) = answer.text.split('<datalist id="zones">')[1:]
    assert suggestions.startswith("</datalist>")
    assert len(answer.content) + sum(len(asset(name).body) for name in LOADED) <= MAX_WEIGHT
