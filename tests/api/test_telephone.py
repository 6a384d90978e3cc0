"""Telephone numbers as people write them: at home, from abroad, with extensions."""

from typing import Any

import pytest

from shared.api.requests.telephone import Telephone, home_of, kept, read
from shared.domain.model import Address, Business, PolicySettings
from tests.support.facade import MAILBOX, Facade, booking, customer, start_at


@pytest.mark.parametrize(
    ("country", "written", "number"),
    [
        ("US", "213-555-0199", "+12135550199"),
        ("US", "(213) 555-0199", "+12135550199"),
        ("US", "1 213 555 0199", "+12135550199"),
        ("US", "1-800-FLOWERS", "+18003569377"),
        ("US", "\uff12\uff11\uff13-\uff15\uff15\uff15-\uff10\uff11\uff19\uff19", "+12135550199"),
        ("US", "011 44 20 7946 0958", "+442079460958"),
        ("GB", "020 7946 0958", "+442079460958"),
        ("DE", "030/1234567-12", "+4930123456712"),
        ("FR", "01 42 68 53 00", "+33142685300"),
        ("IT", "06 1234 5678", "+390612345678"),
        (None, "+49 (0)30 1234567", "+49301234567"),
        (None, "tel:+1-213-555-0199", "+12135550199"),
        (None, "0043 1 234567", "+431234567"),
    ],
)
def test_a_number_is_read_where_it_is_at_home(country: str | None, written: str, number: str) -> None:
    """Or anywhere, where it names its country."""
    assert read(written, country) == Telephone(number)


@pytest.mark.parametrize(
    ("written", "extension"),
    [
        ("213-555-0199 ext. 4571", "4571"),
        ("213-555-0199 x12", "12"),
        ("213-555-0199 (Ext 12)", "12"),
        ("+1 213 555 0199,,12", "12"),
        ("+1 213 555 0199 #12", "12"),
        ("tel:+1-213-555-0199;ext=4571", "4571"),
        ("+1 213 555 0199 Durchwahl 12", "12"),
        ("+1 213 555 0199 DW: 12", "12"),
        ("213 555 0199 poste 012", "012"),
        ("213 555 0199 extensi\u00f3n 22", "22"),
        ("213 555 0199 extension number: 4571", "4571"),
        ("213 555 0199 \u5185\u7dda \uff11\uff12", "12"),
    ],
)
def test_an_extension_is_told_apart(written: str, extension: str) -> None:
    """Its letters are no digits of the number, in whichever language."""
    assert read(written, "US") == Telephone("+12135550199", extension)


@pytest.mark.parametrize(
    "written",
    [
        "12",
        "555-0199",
        "call me",
        "hello 1234",
        "+1 213 55",
        "+999 123456789",
        "+1 213 555 0199 or 2135550200",
    ],
)
def test_what_is_no_number_is_none(written: str) -> None:
    """Nor is one that only its own town understands."""
    assert read(written, "US") is None


def test_a_number_is_kept_until_its_country_is_known() -> None:
    """In one form where it names its country, however it was typed."""
    assert kept("+1 (213) 555-0199 x4571") == kept("+12135550199;ext=4571") == "+12135550199;ext=4571"
    assert kept("213-555-0199 x12") == "213-555-0199 x12"
    assert [kept(one) for one in ("12", "call me 12345", "+1 213 55", "(+) 1213 55")] == [None] * 4


@pytest.mark.parametrize(
    ("address", "zone", "language", "country"),
    [
        ("USA", "Europe/Paris", "fr-FR", "US"),
        ("united states", "UTC", None, "US"),
        ("U.S.A.", "UTC", None, "US"),
        ("us", "UTC", None, "US"),
        ("DEU", "UTC", None, "DE"),
        ("Deutschland", "America/Chicago", None, "DE"),
        ("\u00d6sterreich", "UTC", "de-AT", "AT"),
        ("United Kingdom", "UTC", None, "GB"),
        ("UK", "UTC", None, "GB"),
        ("England", "UTC", None, "GB"),
        ("Espa\u00f1a", "UTC", None, "ES"),
        ("Suomi", "UTC", "fi-FI", "FI"),
        ("Nowhere", "Europe/Berlin", "en-US", "DE"),
        (None, "America/Chicago", "de-DE", "US"),
        ("", "Asia/Calcutta", None, "IN"),
        (None, "UTC", "en-GB", "GB"),
        (None, "Etc/UTC", "zh-Hans-CN", "CN"),
        (None, "UTC", "de", "DE"),
        (None, "UTC", "not a tag", None),
        (None, "UTC", None, None),
    ],
)
def test_a_business_is_at_home_by_address_zone_or_language(
    address: str | None, zone: str, language: str | None, country: str | None
) -> None:
    """The first of them that names a country."""
    place = None if address is None else Address(country_or_region=address)
    shop = Business("b", "B", zone, {}, PolicySettings(), address=place, language_tag=language)
    assert home_of(shop) == country


@pytest.mark.parametrize("as_form", [False, True])
async def test_a_national_number_is_booked_with_its_extension(facade: Facade, as_form: bool) -> None:
    """The seed's own number; E.164 at Graph, and the extension where the staff read it."""
    who: dict[str, Any] = {**customer("switchboard@contoso.com"), "phone": "213-555-0199 ext. 4571"}
    if as_form:
        flat = {f"customer.{name}": text for name, text in who.items()}
        body = {name: one for name, one in booking().items() if isinstance(one, str)}
        question = {f"answers.{one['questionId']}": one["answer"] for one in booking()["answers"]}
        answer = await facade.http.post(
            "/api/v1/partner/businesses/contoso-lunch/bookings",
            data={**body, **flat, **question, "start": start_at(11).isoformat()},
            headers={"x-functions-key": "partner-key", "accept": "application/json"},
        )
    else:
        answer = await facade.book(customer=who)
    assert answer.status_code == 201, answer.text

    (stored,) = await facade.appointments()
    assert [one["phone"] for one in stored["customers"]] == ["+12135550199"]
    assert "  | Ann Beebe: Phone: +12135550199 ext. 4571" in stored["serviceNotes"]
    state = (await facade.emulator.state())["businesses"][MAILBOX]
    (record,) = [one for one in state["customers"] if one["emailAddress"] == who["email"]]
    assert [one["number"] for one in record["phones"]] == ["+12135550199"]


async def test_a_national_number_that_is_none_is_told_at_its_field(facade: Facade) -> None:
    """Beside whatever else is wrong."""
    who = {**customer("ann@contoso.com"), "phone": "555-0199"}
    answer = await facade.book(customer=who, start="soon")
    assert answer.status_code == 422
    told = {(one["pointer"], one["code"]) for one in answer.json()["errors"]}
    assert told == {("/start", "datetime-parsing"), ("/customer/phone", "phone")}
