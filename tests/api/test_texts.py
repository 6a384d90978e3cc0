"""What people paste into a booking arrives as they mean it, or is refused at its field."""

from typing import Any

import pytest

from tests.support.facade import (
    BENTO,
    BUSINESS,
    MAILBOX,
    QUESTION,
    Facade,
    booking,
    customer,
    start_at,
)

URL = f"/api/v1/businesses/{BUSINESS}"
MENU = "81c1f0a4-6b0f-4f43-b2ad-5f2f4f2c6d10"
SHAPES = [
    "{}\u200b", "\ufeff{}", "\u200e{}", "\u202a{}\u202c", "\u2066{}\u2069", "\xa0{}\u3000", "{}\x03",
]  # fmt: skip


async def booked(facade: Facade) -> dict[str, Any]:
    """The only customer of the only appointment."""
    (made,) = await facade.appointments()
    (person,) = made["customers"]
    found: dict[str, Any] = person
    return found


def of_person(**members: object) -> dict[str, Any]:
    """The usual customer with changes."""
    return {**booking()["customer"], **members}


@pytest.mark.parametrize("shape", SHAPES)
async def test_what_nobody_sees_is_no_part_of_an_address(facade: Facade, shape: str) -> None:
    """An e-mail address pasted from a page, a chat or a contact card is taken without its marks."""
    answer = await facade.book(customer=of_person(email=shape.format("ann@contoso.com")))

    assert answer.status_code == 201, answer.text
    assert (await booked(facade))["emailAddress"] == "ann@contoso.com"


async def test_one_address_is_one_person_with_and_without_marks(facade: Facade) -> None:
    """The same booking with a mark around the address is the same booking."""
    first = await facade.book(customer=of_person(email="ann@contoso.com"))
    again = await facade.book(customer=of_person(email="\u2066ann@con\u200btoso.com\u2069"))
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("Ring twice\x0bthen wait", "Ring twice\nthen wait"),
        ("Ring twice\x0cthen wait", "Ring twice\nthen wait"),
        ("Ring twice\u2028then wait", "Ring twice\nthen wait"),
        ("Ring twice\x1ethen wait", "Ring twice-then wait"),
        ("Ring\x03 twice\x07", "Ring twice"),
        ("\ufeffRing\r\ntwice\r", "Ring\ntwice"),
        ("\x93Ring\x94", "“Ring”"),
    ],
)
async def test_notes_of_word_processors_arrive(facade: Facade, sent: str, meant: str) -> None:
    """A note with characters that no field shows is booked, without them."""
    await facade.emulator.switch(notes_with_existing_customer="kept")
    answer = await facade.book(customer=of_person(notes=sent))
    assert answer.status_code == 201, answer.text
    assert (await booked(facade))["notes"] == meant


@pytest.mark.parametrize(
    "name", ["\u200b", "\u200e\u200f", "\u3164", "\u2060\ufeff", "\xad", "\u2800 \u0301", "\x00"]
)
async def test_a_name_shows_something(facade: Facade, name: str) -> None:
    """What leaves the staff with an empty line is no name."""
    answer = await facade.book(customer=of_person(name=name))
    errors = [(one["pointer"], one["code"]) for one in answer.json()["errors"]]
    assert (answer.status_code, errors) == (422, [("/customer/name", "string-too-short")])
    assert await facade.appointments() == []


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("Ann\x0bLee", "Ann Lee"),
        ("Ann\u202eLee", "AnnLee"),
        ("Jose\u0301", "José"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
    ],
)
async def test_a_name_is_one_line(facade: Facade, sent: str, meant: str) -> None:
    """Nothing in a name turns the line around that it stands in; joiners that a script needs stay."""
    answer = await facade.book(customer=of_person(name=sent, address={"street": sent}))
    assert answer.status_code == 201, answer.text
    assert (await booked(facade))["name"] == meant


@pytest.mark.parametrize(
    ("length", "codes"), [(2001, []), (3000, []), (4000, []), (4001, ["answer-too-long"])]
)
async def test_an_answer_has_as_many_characters_as_promised(
    facade: Facade, length: int, codes: list[str]
) -> None:
    """4,000, counted without what nobody sees; one more is refused by the rule that says so."""
    text = "\u200b" + "é" * length + " "
    answer = await facade.book(answers=[{"questionId": QUESTION, "answer": text}])
    assert [one["code"] for one in answer.json().get("errors", [])] == codes
    if not codes:
        (kept,) = (await booked(facade))["customQuestionAnswers"]
        assert kept["answer"] == "é" * length


OPTIONS = ["Vegan ", "\xa0Fish", "Meat\u200b", "Cafe\u0301"]


@pytest.mark.parametrize("typed", OPTIONS)
async def test_an_option_can_be_chosen_as_it_is_shown(facade: Facade, typed: str) -> None:
    """What the owner typed around an option makes no difference; Graph gets the owner's own text."""
    question = {
        "id": QUESTION,
        "displayName": "What?",
        "answerInputType": "radioButton",
        "answerOptions": OPTIONS,
    }
    await facade.emulator.seed(business=MAILBOX, customQuestions=[question])
    service = (await facade.services())["Catered bento"]
    shown = service["questions"][0]["options"][OPTIONS.index(typed)]
    page = await facade.http.get(
        f"/api/book/{BUSINESS}", params={"service": BENTO, "start": start_at().isoformat()}
    )

    answer = await facade.book(answers=[{"questionId": QUESTION, "answer": shown}])

    assert shown == ["Vegan", "Fish", "Meat", "Café"][OPTIONS.index(typed)]
    assert f'value="{shown}"' in page.text
    assert answer.status_code == 201, answer.text
    (kept,) = (await booked(facade))["customQuestionAnswers"]
    assert kept["selectedOptions"] == [typed]


async def test_what_may_be_left_out_may_be_null(facade: Facade) -> None:
    """Null says the same as nothing, also for lists and boxes."""
    nothing = {"phone": None, "notes": None, "address": None}
    body = booking(customer={**customer("ann@contoso.com"), **nothing}, serviceId=MENU, answers=None)
    more = {"staffId": None, "smsNotifications": None, "humanCheck": None, "website": None}
    answer = await facade.book({**body, **more})
    assert answer.status_code == 201, answer.text
    lean = {name: value for name, value in body.items() if name != "answers"}
    again = await facade.book({**lean, "customer": customer("ann@contoso.com")})
    assert again.content == answer.content


async def test_members_of_a_customer_may_be_null(facade: Facade) -> None:
    """The same where a backend creates a customer as Microsoft Graph writes it."""
    body = {
        "displayName": "Ann\u200b",
        "emailAddress": "ann@contoso.com\ufeff",
        "addresses": None,
        "phones": None,
    }
    answer = await facade.partner("customers", body)
    assert (answer.status_code, answer.json()["displayName"]) == (201, "Ann"), answer.text


async def test_a_query_is_cleaned_too(facade: Facade) -> None:
    """Dates and zones in an address that was pasted are what they look like."""
    day = start_at().date()
    asked = {"from": f"{day}\u200b", "to": f" {day}", "timeZone": "\ufeffAmerica/Chicago "}
    meant = {"from": f"{day}", "to": f"{day}", "timeZone": "America/Chicago"}
    answer = await facade.http.get(f"{URL}/services/{BENTO}/slots", params=asked)
    plain = await facade.http.get(f"{URL}/services/{BENTO}/slots", params=meant)
    assert answer.status_code == 200, answer.text
    assert answer.json() == plain.json()
    assert answer.json()["slots"] != []
