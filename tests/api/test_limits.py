"""Limits: who is counted, what is told, and that a limit never stands in the way of a retry."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import azure.functions as func
import httpx
import pytest

from shared.api.admission.rate_limits import Origin, RateLimits, origin
from shared.booking.limits import Limits, Quota, WorkerCounters, check
from shared.domain.errors import StoreUnavailable, TooManyRequests
from shared.domain.limits import limits
from shared.platform.hashes import Hasher
from shared.tables.memory import MemoryCounters
from tests.support.facade import BUSINESS, Facade, booking, customer, start_at

MINUTE, HOUR = Quota("minute", 3, timedelta(minutes=1)), Quota("hour", 5, timedelta(hours=1))
HASHER = Hasher(b"s" * 32)
FEW = limits({"address": {"minute": 10, "hour": 50, "day": 100}, "requests": {"minute": 120}})
"""Limits that a test reaches soon."""

BOOKING_POLICY = '"minute";q=10;w=60, "hour";q=50;w=3600, "day";q=100;w=86400'
URL = f"/api/v1/businesses/{BUSINESS}/bookings"
US = {"x-forwarded-for": "203.0.113.7:1"}
AT = datetime(2026, 12, 1, 10, 0, 40, tzinfo=UTC)


class Hands:
    """A clock that is set by hand."""

    def __init__(self, now: datetime = AT) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def asked(forwarded: str | None, **headers: str) -> func.HttpRequest:
    """A request as it comes through a front end that adds to X-Forwarded-For."""
    given: Mapping[str, str] = headers if forwarded is None else {"x-forwarded-for": forwarded, **headers}
    return func.HttpRequest(method="GET", url="http://facade/api", headers=given, body=b"")


@pytest.mark.parametrize(
    ("forwarded", "proxies", "expected"),
    [
        (None, 0, None),
        ("", 0, None),
        ("203.0.113.7", 0, Origin("203.0.113.7", None, "203.0.113.0/24")),
        ("203.0.113.7:51234", 0, Origin("203.0.113.7", None, "203.0.113.0/24")),
        ("198.51.100.1, 203.0.113.7:51234", 0, Origin("203.0.113.7", None, "203.0.113.0/24")),
        ("198.51.100.1,evil,203.0.113.7:51234", 0, Origin("203.0.113.7", None, "203.0.113.0/24")),
        ("203.0.113.7, 10.0.0.1:443", 1, Origin("203.0.113.7", None, "203.0.113.0/24")),
        ("10.0.0.1:443", 1, Origin("10.0.0.1", None, "10.0.0.0/24")),
        (
            "[2001:db8:1:2ff:3:4:5:6]:51234",
            0,
            Origin("2001:db8:1:2ff::/64", "2001:db8:1:200::/56", "2001:db8:1::/48"),
        ),
        ("2001:db8:1:2::9", 0, Origin("2001:db8:1:2::/64", "2001:db8:1::/56", "2001:db8:1::/48")),
        ("::ffff:203.0.113.7", 0, Origin("203.0.113.7", None, "203.0.113.0/24")),
        ("203.0.113.7, unknown", 0, Origin("unreadable")),
    ],
)
def test_the_visitor_is_who_the_platform_saw(
    forwarded: str | None, proxies: int, expected: Origin | None
) -> None:
    """Only the end of X-Forwarded-For is the platform's; a made-up beginning changes nothing."""
    assert origin(asked(forwarded), proxies) == expected


async def test_a_quota_is_used_up_and_begins_anew() -> None:
    """Three fit into the minute, the fourth is refused with the time that is left, the next minute is new."""
    clock = Hands()
    counted = Limits(MemoryCounters(), HASHER, clock)
    for left in (2, 1, 0):
        (standing,) = await counted.hit("test", "a", (MINUTE,))
        check((standing,))
        assert (standing.left, standing.resets) == (left, timedelta(seconds=20))
    with pytest.raises(TooManyRequests) as caught:
        check(await counted.hit("test", "a", (MINUTE,)))
    assert caught.value.retry_after == timedelta(seconds=20)
    check(await counted.hit("test", "b", (MINUTE,)))
    clock.now += timedelta(seconds=20)
    check(await counted.hit("test", "a", (MINUTE,)))


async def test_the_longest_wait_is_told() -> None:
    """With two quotas used up, waiting for the shorter one would be in vain."""
    counted = Limits(MemoryCounters(), HASHER, Hands())
    for _ in range(5):
        standings = await counted.hit("test", "a", (MINUTE, HOUR))
    standings = await counted.hit("test", "a", (MINUTE, HOUR))
    with pytest.raises(TooManyRequests) as caught:
        check(standings)
    assert (caught.value.policy, caught.value.retry_after) == ("hour", timedelta(minutes=59, seconds=20))


class Failing(MemoryCounters):
    """Counters whose store fails in one way or another."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    async def hit(self, name: str, window: datetime, ends: datetime) -> int:
        """Fail, after doing the work: a hit whose answer was lost."""
        await super().hit(name, window, ends)
        raise self._error


@pytest.mark.parametrize("error", [StoreUnavailable("counters.hit", "down"), TimeoutError()])
async def test_a_counter_that_fails_refuses_nobody(error: Exception) -> None:
    """Limits fail open: neither a broken store nor a slow one costs anybody a booking."""
    counted = Limits(Failing(error), HASHER, Hands())
    for _ in range(5):
        assert await counted.hit("test", "a", (MINUTE,)) == ()


async def test_nobody_can_be_followed_from_day_to_day() -> None:
    """The name that is counted under holds no address, and is another one on the next day."""
    seen: list[str] = []

    class Noting(MemoryCounters):
        async def hit(self, name: str, window: datetime, ends: datetime) -> int:
            seen.append(name)
            return await super().hit(name, window, ends)

    clock = Hands()
    counted = Limits(Noting(), HASHER, clock)
    await counted.hit("test", "203.0.113.7", (MINUTE,))
    await counted.hit("test", "203.0.113.7", (MINUTE,))
    clock.now += timedelta(days=1)
    await counted.hit("test", "203.0.113.7", (MINUTE,))
    assert seen[0] == seen[1] != seen[2]
    assert not any("203.0.113.7" in name for name in seen)


async def test_a_worker_counts_within_bounds() -> None:
    """The counters of a worker forget what is over, and never hold more names than they may."""
    counters = WorkerCounters(most=3)
    window, ends = AT, AT + timedelta(minutes=1)
    assert [await counters.hit("a", window, ends) for _ in range(3)] == [1, 2, 3]
    assert await counters.hit("a", ends, ends + timedelta(minutes=1)) == 1
    for name in "bcde":
        await counters.hit(name, ends, ends + timedelta(minutes=1))
    assert await counters.sweep(ends + timedelta(minutes=2)) <= 3


@pytest.fixture
def still(facade: Facade, monkeypatch: pytest.MonkeyPatch) -> Facade:
    """A facade whose windows of time do not move on while a test counts."""
    handlers, clock = facade.app.handlers, Hands(datetime.now(UTC))
    gate = RateLimits(
        Limits(WorkerCounters(), handlers.hasher, clock),
        Limits(MemoryCounters(), handlers.hasher, clock),
        limits=FEW,
    )
    monkeypatch.setattr(handlers.admission, "limits", gate)
    managing = replace(facade.app.managing, limits=gate)
    monkeypatch.setattr(facade.module, "facade", replace(facade.app, managing=managing))
    return facade


async def refused_booking(facade: Facade, n: int = 0, **headers: str) -> httpx.Response:
    """A request that the rules refuse (422), for an address of its own: it costs nothing but its count."""
    body = booking(answers=[], customer=customer(f"p{n}@contoso.com"))
    return await facade.http.post(URL, json=body, headers=headers)


async def test_limits_are_told_and_kept(still: Facade) -> None:
    """Each answer tells where its visitor stands; past the quota comes 429, and another visitor is served."""
    answers = [await refused_booking(still, n, **US) for n in range(11)]
    assert [one.status_code for one in answers] == [422] * 10 + [429]
    assert answers[0].headers["ratelimit-policy"] == BOOKING_POLICY
    assert answers[0].headers["ratelimit"].startswith('"minute";r=9;t=')
    assert answers[10].json()["code"] == "too-many-requests"
    assert 1 <= int(answers[10].headers["retry-after"]) <= 60
    assert (await refused_booking(still, 11, **{"x-forwarded-for": "203.0.113.8:1"})).status_code == 422


async def test_a_made_up_forwarded_address_buys_nothing(still: Facade) -> None:
    """A client that writes other addresses into X-Forwarded-For is still counted as itself."""
    made_up = [{"x-forwarded-for": f"198.51.100.{n}, 203.0.113.7:4711"} for n in range(11)]
    codes = [(await refused_booking(still, n, **made_up[n])).status_code for n in range(11)]
    assert codes == [422] * 10 + [429]


async def test_an_address_is_not_flooded(still: Facade) -> None:
    """Ten bookings an hour for one e-mail address, from however many visitors and in whatever case."""
    codes = []
    for n in range(11):
        who = customer("Victim@contoso.com" if n % 2 else "victim@contoso.com")
        body = booking(start=start_at(8 + n // 4, 15 * (n % 4)).isoformat(), answers=[], customer=who)
        headers = {"x-forwarded-for": f"203.0.113.{n}:1"}
        codes.append((await still.http.post(URL, json=body, headers=headers)).status_code)
    assert codes == [422] * 10 + [429]


async def test_a_retry_of_a_booking_is_never_refused_for_a_limit(still: Facade) -> None:
    """A client that lost its answers gets the booking's, however often it had to ask."""
    answers = [await still.http.post(URL, json=booking(), headers=US) for _ in range(12)]
    assert [one.status_code for one in answers] == [201] * 12
    assert len({one.content for one in answers}) == 1
    assert len(await still.appointments()) == 1


async def test_repeating_what_was_refused_is_limited(still: Facade) -> None:
    """A request that the rules refused is judged anew each time, so it counts like a new one."""
    codes = [(await refused_booking(still, 0, **US)).status_code for _ in range(11)]
    assert codes == [422] * 10 + [429]


async def test_reads_are_limited_in_the_worker(still: Facade) -> None:
    """Reads are counted without a store, with their own quota."""
    answers = [await still.http.get(f"{URL}/BK-00000000", headers=US) for _ in range(121)]
    assert {one.status_code for one in answers[:120]} == {404}
    assert answers[120].status_code == 429
    assert answers[0].headers["ratelimit-policy"] == '"requests-minute";q=120;w=60'


async def test_partners_have_a_limit_by_key_and_none_by_visitor(facade: Facade) -> None:
    """A backend speaks for many visitors: eleven bookings from one address are no reason to refuse it."""
    body = booking(answers=[], customer=customer("one@contoso.com"))
    answers = [await facade.partner("bookings", body, **US) for _ in range(11)]
    assert {one.status_code for one in answers} == {422}
    assert answers[0].headers["ratelimit-policy"] == '"partner-minute";q=300;w=60'


async def test_without_a_platform_in_front_nobody_is_mistaken_for_somebody_else(facade: Facade) -> None:
    """Where no address is known, visitors are not lumped together into one."""
    answer = await refused_booking(facade)
    assert answer.status_code == 422
    assert "ratelimit" not in answer.headers


async def test_a_failing_count_does_not_cost_a_booking(
    facade: Facade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Limits fail open all the way: with counters that fail, the booking is made."""
    handlers = facade.app.handlers
    broken = Limits(Failing(StoreUnavailable("counters.hit", "down")), handlers.hasher, Hands())
    monkeypatch.setattr(handlers.admission, "limits", RateLimits(broken, broken))
    answer = await facade.http.post(URL, json=booking(), headers=US)
    assert answer.status_code == 201
    assert "ratelimit" not in answer.headers


async def test_many_at_once_count_exactly(still: Facade) -> None:
    """Requests that come together are counted one by one."""
    answers = await asyncio.gather(*(refused_booking(still, n, **US) for n in range(15)))
    assert sorted(one.status_code for one in answers) == [422] * 10 + [429] * 5


async def test_what_caches_keep_tells_nobody_how_much_another_one_has_left(still: Facade) -> None:
    """`RateLimit` on an answer that is shared would be somebody else's; the limit holds all the same."""
    root = f"/api/v1/businesses/{BUSINESS}"
    first = await still.http.get(root, headers=US)
    known = await still.http.get(root, headers={**US, "if-none-match": first.headers["etag"]})
    services = await still.http.get(f"{root}/services", headers=US)
    own = await still.http.get(f"{URL}/BK-00000000", headers=US)

    for answer in (first, known, services):
        assert answer.headers["cache-control"].startswith("public")
        assert not [name for name in answer.headers if name.startswith("ratelimit")]
    assert [one.status_code for one in (first, known, services)] == [200, 304, 200]
    assert own.headers["ratelimit"].startswith('"requests-minute";r=116;')
