"""A token that Graph refuses: a new one, once more at once, then at most one new token a minute for all."""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import ClientAuthenticationError

from shared.domain.errors import (
    Crowded,
    Denied,
    DomainError,
    GraphError,
    NoIdentity,
    NotBooked,
    Renewed,
    Unreachable,
)
from shared.domain.model import Customer
from shared.graph.calls import Calls
from shared.graph.client import (
    APPOINTMENT,
    MANAGE,
    PAUSE,
    READ,
    WRITE,
    Connection,
    RenewingTransport,
    Tokens,
    build_client,
    cloud,
)
from shared.graph.gateway import GraphGateway
from shared.platform.deadline import deadline

MAILBOX = "shop@contoso.com"
BOOK = (READ, APPOINTMENT)


def token(number: int, roles: Collection[str] | None = BOOK, **claims: object) -> str:
    """A JSON Web Token whose signature nobody looks at."""
    body = {**claims, **({} if roles is None else {"roles": list(roles)})}
    payload = urlsafe_b64encode(json.dumps(body).encode()).decode().rstrip("=")
    return f"e30.{payload}.{number}"


@dataclass
class Site:
    """Graph, the endpoint of the identity, and a gateway between them.

    `refuses` tells with which status a request is refused, by its token; `tokens` are given in their order,
    one to each new credential, the last one to all the others.
    """

    refuses: Callable[[str], int] = lambda _: 0
    tokens: list[str] = field(default_factory=lambda: [token(n) for n in range(1, 9)])
    features: str | None = "book"
    now: float = 0.0
    made: list["Credential"] = field(default_factory=list)
    sent: list[tuple[str, str]] = field(default_factory=list)
    is_down: bool = False
    is_silent: bool = False

    def __post_init__(self) -> None:
        where = cloud("https://graph.microsoft.com")
        kept = Tokens(lambda: Credential(self), where.scope, self.features, lambda: self.now)
        connection = Connection(lambda: Credential(self), where)
        transport = RenewingTransport(httpx.MockTransport(self._answer), kept)
        connection.client = build_client(kept, where, transport)
        self.kept = kept
        self.graph = GraphGateway(connection, Calls(timedelta(seconds=5)))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        given = request.headers["Authorization"].removeprefix("Bearer ")
        self.sent.append((request.method, given))
        status = self.refuses(given)
        if status:
            return httpx.Response(status, json={"error": {"code": "InvalidAuthenticationToken"}})
        if request.method in {"PATCH", "DELETE"}:
            return httpx.Response(204)
        return httpx.Response(200, json={"id": "7", "value": []})

    async def call(self, check: Callable[[], None] = lambda: None) -> None:
        """A write."""
        await self.graph.create_customer(MAILBOX, Customer(None, "Ann", "ann@contoso.com"), check=check)

    async def told(self) -> type[DomainError] | None:
        """What comes of a write."""
        try:
            await self.call()
        except GraphError as error:
            return type(error)
        return None

    @property
    def used(self) -> list[str]:
        """The tokens in the order in which they were sent."""
        return [given for _, given in self.sent]


class Credential(AsyncTokenCredential):
    """One credential object; like azure-identity's it keeps its token."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._number = len(site.made)
        self.is_closed = False
        site.made.append(self)

    async def get_token(self, *_: str, **__: object) -> AccessToken:
        await asyncio.sleep(0)
        assert not self.is_closed
        if self._site.is_silent:
            await asyncio.Event().wait()
        if self._site.is_down:
            raise ClientAuthenticationError("the endpoint answered 503")
        tokens = self._site.tokens
        return AccessToken(tokens[min(self._number, len(tokens) - 1)], 2**40)

    async def close(self) -> None:
        self.is_closed = True

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def once(status: int) -> Callable[[str], int]:
    """The first request is refused."""
    left = [status]
    return lambda _: left.pop() if left else 0


OPERATIONS: dict[str, Callable[[GraphGateway], object]] = {
    "read": lambda graph: graph.customer(MAILBOX, "7"),
    "create": lambda graph: graph.create_customer(
        MAILBOX, Customer(None, "Ann", "ann@contoso.com"), check=lambda: None
    ),
    "patch": lambda graph: graph.replace_attendees(MAILBOX, "7", [], check=lambda: None),
    "delete": lambda graph: graph.delete_appointment(MAILBOX, "7", check=lambda: None),
}


@pytest.mark.parametrize("operation", ["read", "create"])
async def test_what_is_refused_once_goes_out_once_more_with_a_new_token(operation: str) -> None:
    """Reads and writes alike; the refused request did nothing, so nothing is done twice."""
    site = Site(refuses=once(401))

    await OPERATIONS[operation](site.graph)  # type: ignore[misc] # a coroutine of any kind

    assert site.used == site.tokens[:2]
    assert len({method for method, _ in site.sent}) == 1


@pytest.mark.parametrize("operation", ["patch", "delete"])
async def test_what_replaces_is_read_again_before_it_goes_out_with_a_new_token(operation: str) -> None:
    """Another token takes its time: whom the staff have added meanwhile is in no list that is sent then."""
    site = Site(refuses=once(401))

    with pytest.raises(Renewed):
        await OPERATIONS[operation](site.graph)  # type: ignore[misc] # a coroutine of any kind
    assert site.used == site.tokens[:1]

    await OPERATIONS[operation](site.graph)  # type: ignore[misc]
    assert site.used == site.tokens[:2]


async def test_a_token_without_its_roles_is_not_kept_for_a_day() -> None:
    """The first token of a new deployment often comes without the roles that were just granted."""
    site = Site(tokens=[token(1, []), token(2)], refuses=lambda given: 403 if given == token(1, []) else 0)

    assert await site.told() is None
    assert await site.told() is None
    assert site.used == [token(1, []), token(2), token(2)]


@pytest.mark.parametrize(
    ("features", "roles", "lacks"),
    [
        ("read", (READ,), False),
        ("read", (APPOINTMENT,), True),
        ("read", (MANAGE,), False),
        ("book", BOOK, False),
        ("book", (READ,), True),
        ("book", (APPOINTMENT,), True),
        ("book", (WRITE,), False),
        ("cancel", BOOK, True),
        ("cancel", (WRITE,), False),
        ("cancel", (), True),
        (None, (), False),
    ],
)
async def test_a_403_counts_where_the_token_lacks_a_role(
    features: str | None, roles: tuple[str, ...], lacks: bool
) -> None:
    """With every role that the features need, a 403 is Graph's answer and no matter of the token."""
    site = Site(refuses=lambda _: 403, features=features, tokens=[token(n, roles) for n in range(3)])

    assert await site.told() is Denied
    assert len(site.sent) == (2 if lacks else 1)


@pytest.mark.parametrize("odd", ["", "no-token", "a.b.c", "a.bm8.c", "a.e30.c", token(1, None, scp="x")])
def test_a_token_that_says_nothing_of_roles(odd: str) -> None:
    """One that nobody can read, or that speaks for a person, lacks nothing that is known; an app's does."""
    assert Site().kept.lacks_roles(odd) is (odd == "a.e30.c")


async def test_a_platform_that_keeps_the_old_token_is_no_reason_to_give_up() -> None:
    """The new credential is given the same token; the refusal may have been a passing one."""
    site = Site(refuses=once(401), tokens=[token(1)])

    assert await site.told() is None
    assert (len(site.made), site.used) == (2, [token(1)] * 2)


async def test_graph_that_refuses_for_ever_costs_one_new_token_a_minute() -> None:
    """However many ask; each is told what it is, and nobody sends more than twice."""
    site = Site(refuses=lambda _: 401)

    for _ in range(10):
        assert await site.told() is Denied
    assert (len(site.made), len(site.sent)) == (2, 11)

    site.now += PAUSE - 1
    await site.told()
    assert len(site.made) == 2
    site.now += 1
    await asyncio.gather(*(site.told() for _ in range(4)))
    assert len(site.made) == 3


async def test_whoever_is_refused_at_once_with_others_gets_the_same_new_token() -> None:
    """Four calls of a booking go out side by side with the old token."""
    first = token(1)
    site = Site(refuses=lambda given: 401 if given == first else 0)

    assert await asyncio.gather(*(site.told() for _ in range(4))) == [None] * 4
    assert len(site.made) == 2
    assert site.used == [first] * 4 + [token(2)] * 4


async def test_a_token_that_graph_took_before_is_tried_once_more() -> None:
    """Within the minute there is no newer one; a refusal that passes by itself still turns nobody away."""
    site = Site()
    for _ in range(5):
        site.refuses = once(401)
        assert await site.told() is None
    assert len(site.made) == 2


async def test_the_check_is_asked_again_before_the_second_sending() -> None:
    """The new token took its time: what must not leave any more does not leave."""
    site = Site(refuses=once(401))
    asked: list[int] = []

    def check() -> None:
        asked.append(len(site.sent))
        if asked == [0, 1]:
            raise NotBooked

    with pytest.raises(NotBooked):
        await site.call(check)
    assert len(site.sent) == 1


async def test_an_endpoint_that_is_down_is_told_as_what_it_is() -> None:
    """Graph was not asked, and does not refuse anything."""
    site = Site(is_down=True)

    assert await site.told() is NoIdentity
    assert site.sent == []


async def test_an_endpoint_that_is_silent_is_told_as_what_it_is() -> None:
    """It is not Graph that asks to slow down."""
    await Site().call()  # what the SDK loads with its first call takes longer than the deadline
    site = Site(is_silent=True)

    with deadline(timedelta(milliseconds=20)):
        assert await site.told() is NoIdentity


@pytest.mark.parametrize("trouble", ["is_down", "is_silent"])
async def test_without_a_new_token_what_was_refused_has_surely_done_nothing(trouble: str) -> None:
    """A write that was turned away with 401 is never in doubt."""
    site = Site()
    await site.call()

    def refuse(_: str) -> int:
        setattr(site, trouble, True)
        return 401

    site.refuses = refuse
    with deadline(timedelta(milliseconds=50)):
        assert await site.told() is NoIdentity


async def test_a_silence_after_the_second_sending_is_in_doubt() -> None:
    """What was sent once more may have been done."""
    site = Site(refuses=once(401))
    answer = site._answer  # noqa: SLF001

    async def second_hangs(request: httpx.Request) -> httpx.Response:
        found = answer(request)
        if len(site.sent) == 2:
            await asyncio.Event().wait()
        return found

    transport = RenewingTransport(httpx.MockTransport(second_hangs), site.kept)
    where = cloud("https://graph.microsoft.com")
    site.graph._connection.client = build_client(site.kept, where, transport)  # noqa: SLF001
    with deadline(timedelta(milliseconds=50)):
        assert await site.told() is Unreachable


async def test_credentials_are_closed() -> None:
    """The one before the last with the next, the others at the end."""
    site = Site(refuses=lambda _: 401)
    for _ in range(3):
        await site.told()
        site.now += PAUSE

    assert [one.is_closed for one in site.made] == [True, True, False, False]
    await site.kept.close()
    assert all(one.is_closed for one in site.made)


async def test_a_full_queue_is_not_taken_for_the_identity() -> None:
    """Who never got as far as asking for a token waited for a place."""
    site = Site(is_silent=True)
    calls = [asyncio.ensure_future(site.told()) for _ in range(4)]
    await asyncio.sleep(0)
    with deadline(timedelta(milliseconds=20)):
        assert await site.told() is Crowded
    for one in calls:
        one.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
