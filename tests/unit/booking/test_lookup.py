"""A booking is found by its reference together with its own token, and by nothing else."""

from datetime import UTC, datetime

import pytest

from shared.booking.lookup import FindBooking
from shared.booking.records import Attempt, IdempotencyRecord, State
from shared.domain.intervals import Interval
from shared.platform.hashes import Hasher
from shared.tables.memory import MemoryIdempotency, memory_stores

AT = datetime(2026, 12, 1, tzinfo=UTC)
HASHER = Hasher(b"s" * 32)
KEY, OTHER, BEGUN = (HASHER.name("key", one) for one in "abd")
SHOP, NEXT_DOOR = "shop@contoso.com", "nextdoor@contoso.com"


@pytest.fixture
async def find() -> FindBooking:
    """Two bookings of two people."""
    records = memory_stores().idempotency
    for key, reference in ((KEY, "BK-00000001"), (OTHER, "BK-00000002")):
        attempt = Attempt(SHOP, "talk", Interval(AT, AT), ("ann",), "c", "UTC", AT)
        await records.insert(IdempotencyRecord(key, "print", reference, State.COMPLETED, AT, AT, attempt))
    await records.insert(IdempotencyRecord(BEGUN, "print", "BK-00000004", State.IN_PROGRESS, AT, AT))
    return FindBooking(records, HASHER)


async def test_the_token_opens_its_own_booking(find: FindBooking) -> None:
    """The record is the token's, under the reference that was asked for."""
    found = await find(SHOP, "BK-00000001", HASHER.token(KEY, "BK-00000001"))
    assert found is not None
    assert found.key == KEY


@pytest.mark.parametrize(
    ("reference", "token"),
    [
        ("BK-00000002", HASHER.token(KEY, "BK-00000001")),
        ("BK-00000002", HASHER.token(KEY, "BK-00000002")),
        ("BK-00000003", HASHER.token(HASHER.name("key", "c"), "BK-00000003")),
        ("BK-00000001", Hasher(b"t" * 32).token(KEY, "BK-00000001")),
        ("BK-00000001", ""),
        ("", ""),
    ],
)
async def test_nothing_else_opens_one(find: FindBooking, reference: str, token: str) -> None:
    """Another one's token, a token for a record that is another booking's, a forged one, none."""
    assert await find(SHOP, reference, token) is None


async def test_a_token_opens_nothing_at_another_business(find: FindBooking) -> None:
    """What was written for one business is no booking of another one's."""
    assert await find(NEXT_DOOR, "BK-00000001", HASHER.token(KEY, "BK-00000001")) is None


async def test_a_booking_that_is_under_way_is_found(find: FindBooking) -> None:
    """Before anything is written there is nothing of a business in the record, and nothing to show."""
    found = await find(SHOP, "BK-00000004", HASHER.token(BEGUN, "BK-00000004"))
    assert found is not None
    assert found.answer is None


async def test_the_store_is_not_asked_for_a_token_that_is_none_of_ours() -> None:
    """Whoever guesses learns nothing, and costs nothing."""
    asked: list[str] = []

    class Asked(MemoryIdempotency):
        async def get(self, key: str) -> IdempotencyRecord | None:
            asked.append(key)
            return await super().get(key)

    find = FindBooking(Asked(), HASHER)
    for token in ("", "guessed", Hasher(b"t" * 32).token(KEY, "BK-00000001")):
        assert await find(SHOP, "BK-00000001", token) is None
    assert asked == []
    await find(SHOP, "BK-00000001", HASHER.token(KEY, "BK-00000001"))
    assert asked == [KEY]
