"""Strangers: who guesses a booking, locks somebody out, asks who has booked, or mails through the shop."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import httpx
import pytest

from shared.api.admission.altcha_check import COST, AltchaCheck
from shared.api.admission.rate_limits import HARDEST, KNOWN, Demand, quotas
from shared.api.admission.visitors import ChallengeScope
from shared.api.requests.own_key import is_own_key, own_key
from shared.booking.limits import Limits
from shared.domain.errors import StoreUnavailable
from shared.domain.limits import Limit
from shared.platform.hashes import Hasher
from shared.tables.memory import MemoryCounters, MemoryOnce
from tests.support.door import ELSEWHERE, HOME, URL, Door, Hands, Proofs
from tests.support.facade import BENTO, BUSINESS, MAILBOX, Facade, booking, customer, start_at

SLOTS = f"/api/v1/businesses/{BUSINESS}/services/{BENTO}/slots"
ALONE = "8ee1c803-a1fa-406d-8259-7ab53233f148"
HASHER = Hasher(b"s" * 32)


class Opened(Protocol):
    """Opens a door in front of the emulator."""

    def __call__(self, *, asks: bool = False, **changes: Limit) -> Door:
        """With a check for humans or without, with these changes of the limits."""
        ...


@pytest.fixture
def opened(facade: Facade) -> Opened:
    def build(*, asks: bool = False, **changes: Limit) -> Door:
        return Door(facade, changes, asks=asks)

    return build


@pytest.fixture
def door(opened: Opened) -> Door:
    """Without a check."""
    return opened()


@pytest.fixture
def checked(opened: Opened) -> Door:
    """With a check."""
    return opened(asks=True)


def codes(answer: httpx.Response) -> list[tuple[str, str]]:
    """Each error's pointer and code."""
    return [(one["pointer"], one["code"]) for one in answer.json().get("errors", ())]


def is_taken(answer: httpx.Response) -> bool:
    """Whether the answer says that the slot is taken, and nothing else: no reference, no token, no link."""
    says = (answer.status_code, answer.json()["code"], codes(answer))
    bare = "location" not in answer.headers and "BK-" not in answer.text and "joinUrl" not in answer.text
    return says == (409, "booking-conflict", [("/start", "slot-taken")]) and bare


# No token for a guess


async def test_a_guess_is_told_that_the_slot_is_taken(checked: Door) -> None:
    """With a proof of its own, to the letter the same body: not a word of the booking."""
    mine = await checked.book(humanCheck="proof of mine")
    guessed = await checked.book(ELSEWHERE, humanCheck="proof of somebody else's")
    without = await checked.book(ELSEWHERE)
    again = await checked.book(ELSEWHERE, humanCheck="proof of mine")
    assert mine.status_code == 201
    assert is_taken(guessed)
    assert without.status_code == 403
    assert (again.status_code, again.content) == (201, mine.content)
    assert again.headers["location"] == mine.headers["location"]
    assert len(await checked.facade.appointments()) == 1


async def test_a_changed_body_is_no_repetition(checked: Door) -> None:
    """The caller with another note has the slot already; so says the code that everybody gets."""
    assert (await checked.book(humanCheck="proof of mine")).status_code == 201
    changed = booking(humanCheck="proof of more")
    changed["customer"]["notes"] = "Something else."
    assert is_taken(await checked.facade.http.post(URL, json=changed, headers=HOME))


async def test_without_a_check_an_address_is_known_for_two_minutes(door: Door) -> None:
    """A double click gets its booking; another address does not, and later nobody."""
    mine = await door.book()
    assert (await door.book()).content == mine.content
    assert is_taken(await door.book(ELSEWHERE))
    door.clock.now += timedelta(minutes=2, seconds=5)
    assert is_taken(await door.book())


async def test_a_chosen_key_serves_from_anywhere(checked: Door) -> None:
    """Whoever has it is the caller; with the same key and no proof as well."""
    mine = await checked.book(key="a-key-that-nobody-guesses", humanCheck="proof of mine")
    again = await checked.book(ELSEWHERE, key="a-key-that-nobody-guesses")
    assert (again.status_code, again.content) == (201, mine.content)


async def test_a_waiver_needs_the_key(opened: Opened) -> None:
    """Who guesses the natural key of a booking passes neither check nor limit by it."""
    door = opened(asks=True, address={"minute": 1})
    assert (await door.book(humanCheck="proof of mine")).status_code == 201
    assert (await door.book(ELSEWHERE)).status_code == 403
    assert (await door.book(humanCheck="proof of another")).status_code == 429
    assert (await door.book(humanCheck="proof of mine")).status_code == 201


async def test_what_a_partner_booked_is_told_to_that_partner(facade: Facade) -> None:
    """The same function key gets the replay, another one the finer code, the public the neutral one."""
    first = await facade.partner("bookings", booking())
    again = await facade.partner("bookings", booking())
    assert (first.status_code, again.content) == (201, first.content)
    assert is_taken(await facade.book())
    new = await facade.partner("bookings", booking(), **{"idempotency-key": "another"})
    assert codes(new) == [("/customer", "already-booked")]


def test_a_key_of_our_own_pages_is_known_by_its_signature() -> None:
    """Under the deployment's secret; no other text is one."""
    key = own_key(HASHER, "n" * 32)
    assert is_own_key(HASHER, key)
    for wrong in (
        "",
        "page-",
        "page--",
        key[:-1],
        key.replace("n", "m", 1),
        key.removeprefix("page"),
        "\u20ac",
    ):
        assert not is_own_key(HASHER, wrong)
    assert not is_own_key(Hasher(b"t" * 32), key)


@pytest.mark.parametrize("kind", ["natural", "page"])
async def test_what_the_staff_took_away_is_booked_anew(door: Door, kind: str) -> None:
    """The same form, later: a new booking and not the old answer; with a key of the caller's the old one."""
    handlers = door.facade.app.handlers
    key = own_key(handlers.hasher, "n" * 32) if kind == "page" else None
    mine = await door.book(key=key)
    chosen = await door.book(key="chosen", customer=customer("una@contoso.com"))
    await door.cancel_by_staff()
    door.clock.now += timedelta(minutes=2, seconds=5)
    again = await door.book(key=key)
    assert again.json()["reference"] != mine.json()["reference"]
    old = await door.book(key="chosen", customer=customer("una@contoso.com"))
    assert old.content == chosen.content


# No lock-out


async def test_what_is_not_proved_counts_against_nobody(checked: Door) -> None:
    """Twenty requests without proof that name an address: its owner books."""
    for n in range(20):
        sender = {"x-forwarded-for": f"198.51.100.{n}:1"}
        assert (await checked.book(sender, humanCheck="no")).status_code == 403
    assert (await checked.book(humanCheck="proof")).status_code == 201


async def test_one_proof_counts_once(opened: Opened) -> None:
    """However often it is sent, with whatever body or key: one solution costs nobody more than one."""
    door = opened(asks=True, person={"hour": 2})
    for n in range(9):
        sent: dict[str, Any] = booking(humanCheck="proof of an attacker", answers=[])
        if n > 2:
            sent["customer"]["notes"] = f"note {n}"
        key = {"Idempotency-Key": "same"} if n > 5 else {}
        await door.facade.http.post(URL, json=sent, headers={**ELSEWHERE, **key})
    assert (await door.book(humanCheck="proof of mine")).status_code == 201


async def test_a_person_has_one_limit_whatever_the_tag(opened: Opened) -> None:
    """Proved requests for one mailbox or one telephone are bounded; the answer does not say by what."""
    door = opened(asks=True, person={"hour": 3}, phone={"day": 2})
    tagged = [
        await door.book(humanCheck=f"proof {n}", customer=customer(f"Vic+{n}@contoso.com")) for n in range(4)
    ]
    assert [one.status_code for one in tagged] == [201, 201, 201, 429]
    called = [
        await door.book(
            humanCheck=f"proof of {n}", customer={**customer(f"p{n}@contoso.com"), "phone": "+1 213 555 0199"}
        )
        for n in range(3)
    ]
    assert [one.status_code for one in called] == [201, 201, 429]
    for one in (tagged[3], called[2]):
        assert one.json()["detail"] == "A limit is reached; Retry-After tells when to ask again."
        assert "person" not in one.headers["ratelimit-policy"]


async def test_without_a_check_every_request_counts(opened: Opened) -> None:
    """Also one that the rules refuse: nothing else is in the way of a flood of mails."""
    door = opened(person={"hour": 3})
    status = [
        (await door.book({"x-forwarded-for": f"198.51.100.{n}:1"}, answers=[])).status_code for n in range(4)
    ]
    assert status == [422, 422, 422, 429]


# Networks


@pytest.mark.parametrize(
    ("limit", "addresses"),
    [
        ({"site": {"hour": 3}}, [f"2001:db8:1:2{n:02x}::1" for n in range(4)]),
        ({"network": {"hour": 3}}, [f"2001:db8:1:{n}00::1" for n in range(4)]),
        ({"network": {"hour": 3}}, [f"203.0.113.{n}" for n in range(4)]),
    ],
)
async def test_rotating_addresses_of_one_network_buys_little(
    opened: Opened, limit: dict[str, Limit], addresses: list[str]
) -> None:
    """The /56, the /48 and the /24 have limits of their own, of which nobody is told."""
    door = opened(asks=False, **limit)
    answers = [
        await door.book({"x-forwarded-for": f"[{one}]:1"}, answers=[], customer=customer(f"p{n}@contoso.com"))
        for n, one in enumerate(addresses)
    ]
    assert [one.status_code for one in answers] == [422, 422, 422, 429]
    assert "network" not in answers[0].headers["ratelimit-policy"]
    assert "site" not in answers[0].headers["ratelimit-policy"]


async def test_an_office_and_a_telephone_book(checked: Door) -> None:
    """Fifty colleagues ask from one address within a minute; then one of them books.

    So does a customer whose mobile network gives one address to many.
    """
    for n in range(49):
        who = customer(f"colleague{n}@contoso.com")
        assert (await checked.book(humanCheck=f"proof {n}", answers=[], customer=who)).status_code == 422
    assert (
        await checked.book(humanCheck="proof of mine", customer=customer("last@contoso.com"))
    ).status_code == 201
    mobile = [{"x-forwarded-for": f"100.64.7.{n % 3}:{n}"} for n in range(60)]
    for n, where in enumerate(mobile):
        who = customer(f"mobile{n}@contoso.com")
        assert (await checked.book(where, humanCheck=f"m-{n}", customer=who)).status_code == 403
        assert (
            await checked.book(where, humanCheck=f"proof m-{n}", answers=[], customer=who)
        ).status_code in {
            422,
            429,
        }
    assert (
        await checked.book({"x-forwarded-for": "100.65.1.1:9"}, humanCheck="proof of her")
    ).status_code == 201


# The challenge grows


async def test_the_challenge_grows_above_the_ceiling(caplog: pytest.LogCaptureFixture) -> None:
    """By the bookings of this business in this hour, up to a bound; one line tells, once."""
    clock = Hands(datetime(2026, 12, 1, 10, tzinfo=UTC))
    crowded = Limits(MemoryCounters(), HASHER, clock)
    ceiling = quotas("business", {"hour": 4})
    costs = []
    for _ in range(16):
        check = AltchaCheck("s" * 32, MemoryOnce(), clock, Demand(crowded, ceiling, clock).factor)
        made = await check.challenge(ChallengeScope("shop", BENTO, clock.now))
        costs.append(json.loads(made.to_json())["parameters"]["cost"] // COST)
        await Demand(crowded, ceiling, clock).count("shop")
    assert costs == [1, 1, 1, 1, 2, 2, 4, 4, 8, 8, 16, 16, 16, 16, 16, 16]
    assert max(costs) == HARDEST
    assert [one.event for one in caplog.records if hasattr(one, "event")] == ["limits.crowded"]
    assert await Demand(crowded, ceiling, clock).factor("another-shop") == 1
    clock.now += timedelta(hours=1)
    assert await Demand(crowded, ceiling, clock).factor("shop") == 1


async def test_a_worker_reads_the_count_once_in_a_while() -> None:
    """Not for each challenge; and counts that fail make nothing harder."""
    counters = Counting()
    clock = Hands()
    demand = Demand(Limits(counters, HASHER, clock), quotas("business", {"hour": 1}), clock)
    assert [await demand.factor("shop") for _ in range(3)] == [1, 1, 1]
    assert counters.read == 1
    clock.now += KNOWN
    assert await demand.factor("shop") == 1
    assert counters.read == 2


class Counting(MemoryCounters):
    """Counters that cannot be read, and know how often that was tried."""

    read = 0

    async def count(self, name: str, window: datetime) -> int:
        self.read += 1
        raise StoreUnavailable("counters.count", name[:0] + str(window.year))


async def test_proved_bookings_are_counted_for_their_business(opened: Opened) -> None:
    """And nothing else."""
    door = opened(asks=True, business={"hour": 2})
    demand = door.admission._demand  # noqa: SLF001 (what the challenge goes by)
    for n in range(3):
        await door.book(humanCheck="no", customer=customer(f"p{n}@contoso.com"))
    for n in range(2):
        assert await demand.factor(BUSINESS) == 1
        door.clock.now += KNOWN
        await door.book(humanCheck=f"proof {n}", customer=customer(f"p{n}@contoso.com"))
    assert await demand.factor(BUSINESS) == 2


async def test_the_challenge_of_a_crowded_business_costs_more(
    facade: Facade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the route gives it out, once more are asked for than the setting allows."""
    monkeypatch.setenv("HUMAN_CHECK", "altcha")
    monkeypatch.setenv("ALTCHA_HMAC_KEY", "a-secret-of-more-than-thirty-two-characters")
    door = Door(facade, {"business": {"hour": 1}}, asks=False)
    query = {"serviceId": BENTO, "start": start_at().isoformat()}
    url = f"/api/v1/businesses/{BUSINESS}/challenge"
    before = (await facade.http.get(url, params=query)).json()
    door.admission.human, check = Proofs(), door.admission.human
    assert (await door.book(humanCheck="proof")).status_code == 201
    door.admission.human = check
    door.clock.now += KNOWN
    after = (await facade.http.get(url, params=query)).json()
    assert (before["parameters"]["cost"], after["parameters"]["cost"]) == (COST, 2 * COST)


async def test_a_check_that_cannot_be_made_lets_nobody_in(
    checked: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Single use fails closed: without the store, 503 and nothing booked."""

    async def down(*_: object) -> bool:
        raise StoreUnavailable("once.claim", "down")

    monkeypatch.setattr(MemoryOnce, "claim", down)
    answer = await checked.book(humanCheck="proof")
    assert (answer.status_code, answer.json()["code"]) == (503, "store-unavailable")
    assert await checked.facade.appointments() == []


# No register of who books, and no reason of a member of the staff


async def test_a_person_who_has_booked_is_not_told_from_a_slot_that_is_full(door: Door) -> None:
    """Somebody in the group and somebody for whom there is no seat read the same words."""
    only = {"id": BENTO, "staffMemberIds": [ALONE]}
    await door.facade.emulator.seed(businesses=[{"id": MAILBOX, "services": [only]}])
    for n in range(5):
        assert (await door.book(key=f"k{n}", customer=customer(f"c{n}@contoso.com"))).status_code == 201
    inside = await door.book(key="new", customer=customer("c1@contoso.com"))
    outside = await door.book(key="newer", customer=customer("z@contoso.com"))
    assert is_taken(inside)
    assert is_taken(outside)
    assert {**inside.json(), "instance": ""} == {**outside.json(), "instance": ""}


async def test_why_a_start_is_refused_stays_within_the_house(door: Door) -> None:
    """`explain=true` names no full course and nobody's absence."""
    only = {"id": BENTO, "staffMemberIds": [ALONE]}
    await door.facade.emulator.seed(businesses=[{"id": MAILBOX, "services": [only]}])
    for n in range(5):
        await door.book(key=f"k{n}", customer=customer(f"c{n}@contoso.com"))
    day = start_at().date().isoformat()
    answer = await door.facade.http.get(SLOTS, params={"from": day, "to": day, "explain": "true"})
    said = {reason["code"] for one in answer.json()["refused"] for reason in one["reasons"]}
    assert "slot-taken" in said
    assert not said & {"full", "staff-busy", "staff-not-free", "outside-staff-hours", "buffer-collision"}


# No mail relay


@pytest.mark.parametrize(
    "name", ["URGENT Visit https://evil.example", "www.evil.example", "a@b.example", "evil.example/pay"]
)
async def test_a_name_that_is_a_message_is_refused(door: Door, name: str) -> None:
    """Nothing of it is mailed, nor kept as a customer; on both routes."""
    public = await door.book(customer=customer("vic@contoso.com", name))
    record = {"displayName": name, "emailAddress": "vic@contoso.com"}
    partner = await door.facade.partner("customers", record)
    assert (public.status_code, codes(public)) == (422, [("/customer/name", "not-a-name")])
    assert (partner.status_code, codes(partner)) == (422, [("/displayName", "not-a-name")])
    assert await door.facade.appointments() == []


async def test_a_name_with_dots_is_a_name(door: Door) -> None:
    """St.John books."""
    assert (await door.book(customer=customer("vic@contoso.com", "Anna St.John"))).status_code == 201
