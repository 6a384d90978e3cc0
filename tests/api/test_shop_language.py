"""A page speaks the shop's language to whoever names none, and answers say which one that is."""

import pytest

from tests.support.facade import BUSINESS, Facade

ATELIER = "/api/book/paris-atelier"
FITTING = "b4b5f3a1-3f37-4c57-9d2b-6a4a1a2f9c01"
PARIS = "parisatelier@contoso.com"
PLAIN = {"accept": "text/html"}


async def spoken(facade: Facade, accepted: str | None = None, **query: str) -> str:
    """The language of a page, for a browser that accepts these."""
    headers = PLAIN if accepted is None else {**PLAIN, "accept-language": accepted}
    answer = await facade.http.get(ATELIER, params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.headers["content-language"]


async def test_the_page_speaks_the_shops_language_where_the_visitor_names_none(facade: Facade) -> None:
    """The first page too, as soon as the shop is known."""
    assert await spoken(facade, step="services") == "fr"
    assert await spoken(facade) == "fr"
    assert await spoken(facade, "ja, *;q=0.1", step="services") == "fr"
    assert await spoken(facade, "de", step="services") == "de"
    assert await spoken(facade, "de", step="services", lang="es") == "es"


async def test_the_service_speaks_before_the_business(facade: Facade) -> None:
    """On the pages that are about it; refused forms and failures included."""
    await facade.emulator.seed(business=PARIS, services=[{"id": FITTING, "languageTag": "es-ES"}])
    assert await spoken(facade, step="services") == "fr"
    assert await spoken(facade, service=FITTING, step="days") == "es"
    form = {"serviceId": FITTING, "customer.name": ""}
    refused = await facade.http.post(
        "/api/v1/businesses/paris-atelier/bookings",
        data=form,
        headers={**PLAIN, "sec-fetch-mode": "navigate"},
    )
    assert (refused.status_code, refused.headers["content-language"]) == (422, "es")
    gone = await facade.http.get(ATELIER, params={"service": "gone", "step": "days"}, headers=PLAIN)
    assert (gone.status_code, gone.headers["content-language"]) == (404, "fr")


@pytest.mark.parametrize(("alias", "tag"), [(BUSINESS, "en-US"), ("paris-atelier", "fr-FR")])
async def test_answers_name_the_language_of_the_shops_texts(facade: Facade, alias: str, tag: str) -> None:
    """Of the business, and of each service."""
    business = await facade.http.get(f"/api/v1/businesses/{alias}")
    services = await facade.http.get(f"/api/v1/businesses/{alias}/services")
    assert business.json()["languageTag"] == tag
    assert {one["languageTag"] for one in services.json()["services"]} <= {tag, None}
