"""The audit of chaos finds each kind of broken promise, and nothing where all are kept."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from devtools.chaos.audit import audit
from devtools.chaos.by_hand import Wish
from devtools.chaos.told import CONFIRMED, LEFT, REFUSED, STUCK, Told

BOX = "shop@contoso.com"
START = datetime(2026, 12, 1, 10, tzinfo=UTC)

Json = dict[str, Any]


def moment(hour: int, minute: int = 0) -> Json:
    return {"dateTime": f"2026-12-01T{hour:02}:{minute:02}:00.0000000Z", "timeZone": "UTC"}


def appointment(number: int, *emails: str, hour: int = 10) -> Json:
    """Half an hour with Ann, ten minutes of buffer after it, two seats."""
    return {
        "id": f"appointment {number}", "serviceId": "course", "start": moment(hour), "end": moment(hour, 30),
        "preBuffer": "P0D", "postBuffer": "PT10M", "staffMemberIds": ["ann"], "maximumAttendeesCount": 2,
        "serviceNotes": f"Booked online. Reference: BK-0000000{number}",
        "customers": [{"customerId": email, "emailAddress": email} for email in emails],
    }  # fmt: skip


def told(email: str, ending: str = CONFIRMED, **more: Any) -> Told:  # noqa: ANN401 (members of Told)
    return Told(email, Wish(BOX, "course", START, email), ending, **more)


def kept() -> tuple[list[Told], Json]:
    """Two who booked, one who was refused and one who left before the end."""
    everybody = [told("a@x.org", bodies=[b"1", b"1"]), told("b@x.org"), told("c@x.org", REFUSED)]
    people = [{"emailAddress": "a@x.org"}, {"emailAddress": "b@x.org"}]
    shop = {"appointments": [appointment(1, "a@x.org", "b@x.org")], "customers": people}
    return [*everybody, told("d@x.org", LEFT)], {BOX: shop}


def test_kept_promises_are_not_broken() -> None:
    """A calendar and answers that fit together give no sentence."""
    assert audit(*kept()) == []


def test_a_confirmation_stands() -> None:
    """A refusal that was asked for after a confirmation is found; one from before it may be tried again."""
    everybody, businesses = kept()
    everybody[0].confirmed, everybody[0].refused = [10.0, 12.0], [9.0]

    assert audit(everybody, businesses) == []

    everybody[0].refused.append(11.0)

    assert audit(everybody, businesses) == ["a@x.org: confirmed to one client, then refused to another"]


@pytest.mark.parametrize(
    ("email", "ending", "sentence"),
    [
        ("a@x.org", REFUSED, "refused, but booked"),
        ("c@x.org", CONFIRMED, "confirmed, but its customer is in no appointment"),
        ("c@x.org", STUCK, "no final answer"),
    ],
)
def test_a_wrong_ending_is_found(email: str, ending: str, sentence: str) -> None:
    """What a customer was told last must be what the calendar says."""
    everybody, businesses = kept()
    next(one for one in everybody if one.wish.email == email).ending = ending

    (found,) = audit(everybody, businesses)

    assert sentence in found


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (appointment(2, "c@x.org", hour=10), "overlap"),
        (appointment(2, "a@x.org"), "booked 2 times"),
        (appointment(1, "e@x.org", hour=12), "carried by 2 appointments"),
        (appointment(2, hour=12), "without customers"),
        (appointment(2, "e@x.org", hour=12), "did not ask for this"),
        (appointment(2, "c@x.org", "d@x.org", "e@x.org", hour=12), "3 customers on 2 seats"),
        (appointment(2, "c@x.org", "c@x.org", hour=12), "is in twice"),
    ],
)
def test_a_wrong_calendar_is_found(more: Json, sentence: str) -> None:
    """One appointment that should not be there."""
    everybody, businesses = kept()
    businesses[BOX]["appointments"].append(deepcopy(more))

    assert sentence in "\n".join(audit(everybody, businesses))


def test_doubled_customers_and_odd_answers_are_found() -> None:
    """One record for an address, one body for an intent, and no answer that nobody should see."""
    everybody, businesses = kept()
    businesses[BOX]["customers"].append({"emailAddress": "A@x.org"})
    everybody[0].bodies.append(b"2")
    everybody[1].oddities.append("answered 500")

    found = "\n".join(audit(everybody, businesses))

    for sentence in ("2 customers with the address", "its confirmations differ", "answered 500"):
        assert sentence in found
