"""A botnet at the door: how many bookings get in within an hour, and what they cost it.

`python -m bench.botnet` sends 1,000 addresses in 20 networks (half of them IPv4 /24s, half IPv6 /48s) to
one business, first under the limits that version 1.0.0 had, then under today's. Each address solves a
challenge, books for a person nobody has heard of, and comes again at once, or when Retry-After says so. The
door is the real one, with its counters in memory and a clock of its own; solutions are not worked out but
counted, at the speed at which this machine solves `--solved` real ones first.
"""

import argparse
import asyncio
import heapq
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address

import altcha
import azure.functions as func

from shared.api.admission.altcha_check import COST, COUNTERS, AltchaCheck
from shared.api.admission.rate_limits import Demand, RateLimits, quotas
from shared.api.admission.visitors import Admission, Challenge, ChallengeScope
from shared.api.pipeline import answer_headers
from shared.api.requests.bodies import BookingBody
from shared.api.responses.challenge import ChallengeOff
from shared.booking.create.request import BookingRequest
from shared.booking.limits import Limits, WorkerCounters
from shared.booking.writes.idempotency import RequestKey
from shared.domain.errors import TooManyRequests
from shared.domain.limits import LIMITS, Limit, limits
from shared.domain.model import Customer
from shared.platform.hashes import Hasher
from shared.tables.memory import MemoryOnce, memory_stores

HOUR = timedelta(hours=1)
BEGIN = datetime(2026, 12, 1, 10, tzinfo=UTC)
INVENTORY = 180
"""The free times of one service in two weeks."""

BEFORE: Mapping[str, Limit] = {
    **{name: {} for name in LIMITS},
    "address": {"minute": 10, "hour": 50, "day": 100},
    "person": {"hour": 10},
}
"""What version 1.0.0 counted; of a person it knew the address with its tag."""

ITERATIONS = (COUNTERS[0] + COUNTERS[-1]) / 2
"""How many keys somebody derives for one solution, on the average."""


@dataclass(slots=True)
class Toll:
    """What came of an attack: bookings let in, requests refused, the work done, and when all was taken."""

    let_in: int = 0
    refused: int = 0
    core_seconds: float = 0.0
    emptied: timedelta | None = None


class Counted:
    """A check that takes every solution: the work for it was counted."""

    asks = True

    async def challenge(self, scope: ChallengeScope) -> Challenge:  # noqa: ARG002 (the protocol's)
        """Nobody asks: the work is known from `Demand`."""
        return ChallengeOff(kind="off")

    async def passed(self, solution: str | None, scope: ChallengeScope, owner: str) -> bool:  # noqa: ARG002 (as above)
        """Always."""
        return True


class Attack:
    """One business under attack, in its own time."""

    def __init__(self, rules: Mapping[str, Limit], seconds_a_solution: float) -> None:
        self.now = BEGIN
        self._seconds = seconds_a_solution
        hasher = Hasher(b"botnet")
        stores = memory_stores()
        own, shared = (Limits(one, hasher, self.clock) for one in (WorkerCounters(), stores.counters))
        ceiling = quotas("business", rules["business"])
        self._demand = Demand(shared, ceiling, self.clock)
        doors = RateLimits(own, shared, limits=rules)
        self._door = Admission(
            doors, Counted(), stores.idempotency, demand=self._demand, clock=self.clock, count_open=none_open
        )
        self.toll = Toll()

    def clock(self) -> datetime:
        """The time of the attack."""
        return self.now

    async def run(self, addresses: Sequence[str], length: timedelta = HOUR) -> Toll:
        """Every address books as fast as it is let."""
        answer_headers.set({})
        waiting = [(self.now, n) for n in range(len(addresses))]
        solved: list[tuple[datetime, int]] = []
        while waiting or solved:
            is_solving = bool(waiting) and (not solved or waiting[0] <= solved[0])
            self.now, n = heapq.heappop(waiting if is_solving else solved)
            if self.now >= BEGIN + length:
                break
            if is_solving:
                heapq.heappush(solved, (self.now + await self._solve(), n))
            else:
                heapq.heappush(waiting, (self.now + await self._try(addresses[n], n), n))
        return self.toll

    async def _solve(self) -> timedelta:
        """How long the challenge of now takes."""
        work = self._seconds * await self._demand.factor("shop")
        self.toll.core_seconds += work
        return timedelta(seconds=work)

    async def _try(self, address: str, n: int) -> timedelta:
        """How long this address waits before it comes again."""
        try:
            await self._book(address, self.toll.let_in + self.toll.refused, n)
        except TooManyRequests as error:
            self.toll.refused += 1
            return error.retry_after or HOUR
        self.toll.let_in += 1
        if self.toll.let_in == INVENTORY:
            self.toll.emptied = self.now - BEGIN
        return timedelta()

    async def _book(self, address: str, number: int, n: int) -> None:
        headers = {"x-forwarded-for": f"[{address}]:4711"}
        request = func.HttpRequest(method="POST", url="http://door/api", headers=headers, body=b"")
        email = f"p{number}-{n}@botnet.example"
        body = BookingBody.model_validate(
            {
                "serviceId": "service",
                "start": "2026-12-08T10:00:00Z",
                "customer": {"name": "A Person", "email": email},
                "humanCheck": "solved",
            }
        )
        asked = BookingRequest("shop@contoso.com", "service", BEGIN, Customer(None, "A Person", email))
        await self._door.booking(request, "shop", body, asked, RequestKey(email, "body"))


async def none_open(mailbox: str, email: str) -> int:  # noqa: ARG001
    """Bookings to come are counted per address, and each of these robots has many of those."""
    return 0


def addresses_in(networks: int, addresses: int) -> Sequence[str]:
    """So many addresses, spread evenly over networks, every other one an IPv6 /48."""
    return [_address(n % networks, n // networks) for n in range(addresses)]


def _address(network: int, n: int) -> str:
    if network % 2:
        return str(IPv6Address((0x20010DB8 << 96) + (network << 80) + (n * 0x55 % 0x10000 << 64) + 1))
    return str(IPv4Address((10 << 24) + (network << 8) + n % 250 + 1))


async def seconds_a_solution(times: int) -> float:
    """How long one core of this machine works for a real solution, on the average of so many."""
    check = AltchaCheck("a secret of the botnet's shop alone", MemoryOnce(), lambda: datetime.now(UTC))
    began = time.perf_counter()
    for _ in range(times):
        made = await check.challenge(ChallengeScope("shop", "service", BEGIN))
        wire = made.model_dump(mode="json", by_alias=True, exclude={"kind"})
        assert altcha.solve_challenge(altcha.Challenge.from_dict(wire)) is not None  # noqa: S101
    return (time.perf_counter() - began) / times


def report(name: str, toll: Toll) -> str:
    """The toll in one line."""
    emptied = "never" if toll.emptied is None else f"after {toll.emptied.total_seconds():.1f} s"
    each = toll.core_seconds / max(1, toll.let_in)
    return (
        f"{name}: {toll.let_in} bookings let in within the hour, {toll.refused} refused; two weeks of one "
        f"service ({INVENTORY}) gone {emptied}; {toll.core_seconds:.0f} core seconds, {each:.2f} a booking"
    )


def main() -> None:
    """Both attacks, one line each."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--networks", type=int, default=20)
    reader.add_argument("--addresses", type=int, default=1000)
    reader.add_argument("--solved", type=int, default=10)
    given = reader.parse_args()
    seconds = asyncio.run(seconds_a_solution(given.solved))
    print(f"one solution: {seconds:.3f} s on one core, {COST * ITERATIONS:.0f} iterations on the average")
    addresses = addresses_in(given.networks, given.addresses)
    for name, rules in (("before", BEFORE), ("today", limits({}))):
        print(report(name, asyncio.run(Attack(rules, seconds).run(addresses))))


if __name__ == "__main__":
    main()
