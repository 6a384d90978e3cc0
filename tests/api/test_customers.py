"""The partner route for customers, member for member."""

from typing import Any

from tests.support.facade import MAILBOX, Facade

JONI: dict[str, Any] = {
    "@odata.type": "#microsoft.graph.bookingCustomer",
    "displayName": "Joni Sherman",
    "emailAddress": "jonis@relecloud.com",
    "addresses": [
        {
            "postOfficeBox": "",
            "street": "4567 Main Street",
            "city": "Buffalo",
            "state": "NY",
            "countryOrRegion": "USA",
            "postalCode": "98052",
            "type": "home",
        },
        {
            "postOfficeBox": "",
            "street": "4570 Main Street",
            "city": "Buffalo",
            "state": "NY",
            "countryOrRegion": "USA",
            "postalCode": "98054",
            "type": "business",
        },
    ],
    "phones": [{"number": "206-555-0100", "type": "home"}, {"number": "206-555-0200", "type": "business"}],
}


async def _stored(facade: Facade, email: str) -> list[dict[str, Any]]:
    state = await facade.emulator.state()
    return [one for one in state["businesses"][MAILBOX]["customers"] if one["emailAddress"] == email]


async def test_microsofts_own_example_arrives_member_for_member(facade: Facade) -> None:
    """Both addresses and both phones are at Graph as they were sent, types included."""
    answer = await facade.partner("customers", JONI)

    (stored,) = await _stored(facade, "jonis@relecloud.com")
    assert answer.status_code == 201, answer.text
    assert answer.json()["id"] == stored["id"]
    assert stored["displayName"] == "Joni Sherman"
    for sent, kept in zip(JONI["addresses"], stored["addresses"], strict=True):
        assert {name: kept.get(name, "") for name in sent} == sent
    assert [{"number": one["number"], "type": one["type"]} for one in stored["phones"]] == JONI["phones"]


async def test_an_existing_customer_is_found_and_not_made_again(facade: Facade) -> None:
    """The second request answers 200 with the same customer, whatever the case of the address."""
    made = await facade.partner("customers", JONI)
    again = await facade.partner("customers", {**JONI, "emailAddress": "JoniS@relecloud.com"})

    assert (made.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == made.json()["id"]
    assert len(await _stored(facade, "jonis@relecloud.com")) == 1


async def test_a_key_replays_the_creation_and_refuses_another_body(facade: Facade) -> None:
    """The same key answers 201 again with the same customer; another body under it is 422."""
    first = await facade.partner("customers", JONI, **{"idempotency-key": "k1"})
    again = await facade.partner("customers", JONI, **{"idempotency-key": "k1"})
    other = await facade.partner("customers", {**JONI, "displayName": "J"}, **{"idempotency-key": "k1"})

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert again.json()["id"] == first.json()["id"]
    assert other.json()["code"] == "idempotency-key-reused"


async def test_the_route_is_closed_without_a_key(facade: Facade) -> None:
    """401 by the host, and nothing is written."""
    answer = await facade.partner("customers", JONI, key="")

    assert answer.status_code == 401
    assert await _stored(facade, "jonis@relecloud.com") == []


async def test_every_mistake_is_named_with_its_place(facade: Facade) -> None:
    """A wrong type of phone and an unknown member are both told, by JSON pointer."""
    wrong = {**JONI, "phones": [{"number": "1", "type": "carrier-pigeon"}], "vip": True}

    answer = await facade.partner("customers", wrong)

    assert answer.status_code == 422
    assert {one["pointer"] for one in answer.json()["errors"]} == {"/phones/0/type", "/vip"}
    assert await _stored(facade, "jonis@relecloud.com") == []
