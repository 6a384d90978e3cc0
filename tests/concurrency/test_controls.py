"""Each protection taken away: the audit that finds nothing otherwise must find what then goes wrong."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import httpx
import pytest
from azure.identity.aio import ManagedIdentityCredential
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph_beta import GraphServiceClient
from msgraph_beta.graph_request_adapter import GraphRequestAdapter
from msgraph_core import GraphClientFactory

from devtools.chaos.audit import audit
from devtools.chaos.by_hand import Wish
from devtools.chaos.told import CONFIRMED, LEFT, REFUSED, Told
from shared.booking import use_cases
from shared.booking.create.plan import BookingPlan
from shared.booking.create.proof import Proof
from shared.booking.ports import Stores
from shared.booking.records import IdempotencyRecord, Lock
from shared.booking.writes.engine import Writing
from shared.domain.model import Appointment, Draft
from shared.graph.calls import Calls
from shared.graph.client import Connection, cloud
from shared.graph.gateway import GraphGateway
from shared.settings import Settings
from shared.tables.memory import MemoryIdempotency, MemoryLocks
from tests.concurrency.crew import Crew
from tests.support.facade import BENTO, MAILBOX, Facade, booking, customer, start_at

START = start_at()
DEFAULTS: dict[str, str] = {}
"""The timings of a deployment, which leave the SDK time for its pauses, and a busy machine for its calls."""

SLOW = 0.05
"""Seconds that every call to Graph takes: long enough for a race between workers."""


class OpenLocks(MemoryLocks):
    """Every lock is granted to everybody."""

    async def try_acquire(self, name: str, owner: str, now: datetime, life: timedelta) -> Lock:
        return Lock(name, owner, now + life, "1")


class ForgetsIntents(MemoryIdempotency):
    """Every request is the first with its key."""

    async def insert(self, record: IdempotencyRecord) -> IdempotencyRecord:
        return self._records.write(record.key, record)

    async def get(self, key: str) -> None:  # noqa: ARG002 (the port's signature)
        return None


class WithDefaultRetry(Connection):
    """The way to Graph with the pipeline that the SDK has by default, which repeats a POST."""

    def _build(self) -> GraphServiceClient:
        credential, transport = ManagedIdentityCredential(), httpx.AsyncHTTPTransport()
        self._open = [transport.aclose, credential.close]
        provider = AzureIdentityAuthenticationProvider(
            credential, scopes=[self._where.scope], allowed_hosts=["127.0.0.1"]
        )
        http = httpx.AsyncClient(base_url=self._where.base_url, transport=transport)
        pipeline = GraphClientFactory.create_with_default_middleware(client=http)
        adapter = GraphRequestAdapter(provider, client=pipeline)
        adapter.base_url = self._where.base_url
        return GraphServiceClient(request_adapter=adapter)


class Trusting(Proof):
    """Believes Graph's 201: nothing is read back."""

    async def of_answer(
        self,
        plan: BookingPlan,  # noqa: ARG002
        draft: Draft,  # noqa: ARG002
        made: Appointment,
        writing: Writing,  # noqa: ARG002
    ) -> Appointment:
        return made


def told(number: int, email: str, answers: Sequence[httpx.Response], service: str = BENTO) -> Told:
    """What the answers to one intent mean, for the audit."""
    statuses = {answer.status_code for answer in answers}
    ending = CONFIRMED if 201 in statuses else LEFT if statuses & {202, 503} else REFUSED
    bodies = [answer.content for answer in answers if answer.status_code == 201]
    return Told(f"intent {number}", Wish(MAILBOX, service, START, email), ending, bodies)


async def broken(crew: Crew, all_told: Sequence[Told]) -> str:
    """The promises that the audit finds broken, one in a line."""
    state = await crew.emulator.state()
    return "\n".join(audit(all_told, {MAILBOX: state["businesses"][MAILBOX]}))


async def few_seats(crew: Crew, seats: int = 3) -> None:
    """One staff member, few seats, customers who are known, and time for a race."""
    service = {"id": BENTO, "maximumAttendeesCount": seats, "customQuestions": []}
    state = await crew.emulator.state()
    staff = state["businesses"][MAILBOX]["staffMembers"][0]["id"]
    people = [{"displayName": f"P{n}", "emailAddress": f"p{n}@contoso.com"} for n in range(12)]
    business = {"id": MAILBOX, "services": [{**service, "staffMemberIds": [staff]}], "customers": people}
    await crew.emulator.seed(businesses=[business])
    await crew.emulator.switch(latency=SLOW, concurrency_limit=None)


async def race(workers: Sequence[Facade], people: int) -> list[Told]:
    """Everybody wants the same start at once, each at another worker, until there is a final answer."""

    async def one(number: int) -> Told:
        email = f"p{number}@contoso.com"
        ask = booking(customer=customer(email), answers=[])
        for _ in range(40):
            answer = await workers[number % len(workers)].book(ask)
            if answer.status_code == 201 or answer.json().get("code") == "booking-conflict":
                break
            await asyncio.sleep(0.2)
        return told(number, email, [answer])

    return list(await asyncio.gather(*(one(number) for number in range(people))))


@pytest.mark.parametrize("locked", [True, False])
async def test_without_locks_seats_are_sold_twice(crew: Crew, *, locked: bool) -> None:
    """The same race with locks breaks no promise; without them customers push each other out."""
    await few_seats(crew)
    stores = crew.stores if locked else replace(crew.stores, locks=OpenLocks())
    workers = [await crew.hire(stores=stores) for _ in range(3)]

    everybody = await race(workers, people=6)

    found = await broken(crew, everybody)
    if locked:
        assert found == ""
        assert sum(one.ending == CONFIRMED for one in everybody) == 3
    else:
        assert re.search("customers on 3 seats|overlap|is in no appointment", found)


@pytest.mark.parametrize("remembers", [True, False])
async def test_without_idempotency_a_double_click_books_twice(crew: Crew, *, remembers: bool) -> None:
    """Two requests with one key at once: one booking, or, where nobody remembers keys, two."""
    await crew.emulator.switch(latency=SLOW)
    forgetful = replace(crew.stores, idempotency=ForgetsIntents())
    stores: Stores = crew.stores if remembers else forgetful
    first, second = [await crew.hire(stores=stores, seconds=DEFAULTS) for _ in range(2)]
    service = (await first.services())["Menu tasting"]["id"]
    ask = booking(serviceId=service, answers=[])
    await second.services()

    at_once = await asyncio.gather(first.book(ask, key="k"), second.book(ask, key="k"))
    answers = [*at_once, await first.book(ask, key="k")]

    found = await broken(crew, [told(1, "jordanm@contoso.com", answers, service)])
    assert ("booked 2 times" in found or "booked 3 times" in found) is not remembers


@pytest.mark.parametrize("status", [503, 504])
@pytest.mark.parametrize("own_pipeline", [True, False])
async def test_with_the_sdks_default_retry_a_failed_answer_books_twice(
    crew: Crew, status: int, *, own_pipeline: bool
) -> None:
    """Graph books and answers with a 5xx; the SDK by itself sends the POST again, unless it is stopped."""
    fault = {"operation": "appointments.create", "when": "after", "status": status, "retryAfter": 0.1}
    await crew.emulator.arm({**fault, "count": 1})

    def by_default(settings: Settings) -> GraphGateway:
        where = cloud(settings.graph_root, settings.graph_base_url)
        return GraphGateway(
            WithDefaultRetry(ManagedIdentityCredential, where), Calls(settings.timings.graph_call)
        )

    facade = await crew.hire(graph=None if own_pipeline else by_default, seconds=DEFAULTS)
    answer = await facade.book()

    found = await broken(crew, [told(1, "jordanm@contoso.com", [answer])])
    assert ("booked 2 times" in found) is not own_pipeline


@pytest.mark.parametrize("proves", [True, False])
async def test_without_reading_back_a_dropped_customer_is_lost(
    crew: Crew, monkeypatch: pytest.MonkeyPatch, *, proves: bool
) -> None:
    """Graph drops a customer whose record is gone and answers 201; who believes it loses the customer."""
    if not proves:
        monkeypatch.setattr(use_cases, "Proof", partial(Trusting))
    facade = await crew.hire()
    await facade.book(customer=customer("ann@contoso.com"), start=start_at(14).isoformat())
    (before,) = await facade.appointments()
    await facade.delete_customer(before["customers"][0]["customerId"])

    answer = await facade.book(customer=customer("ann@contoso.com"))

    earlier = Told("earlier", Wish(MAILBOX, BENTO, start_at(14), "ann@contoso.com"), CONFIRMED)
    found = await broken(crew, [earlier, told(1, "ann@contoso.com", [answer])])
    assert answer.status_code == 201
    assert ("confirmed, but its customer is in no appointment" in found) is not proves
