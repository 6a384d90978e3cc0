"""A booking is found by its reference together with its own token, and by nothing else."""

from datetime import UTC, datetime

import pytest

from shared.booking.lookup import FindBooking
from shared.booking.records import IdempotencyRecord, State
from shared.platform.hashes import Hasher
from shared.tables.memory import memory_stores

AT = datetime(2026, 12, 1, tzinfo=UTC)
HASHER = Hasher(b"s" * 32)
KEY, OTHER = HASHER.name("key", "a"), HASHER.name("key", "b")


@pytest.fixture
async def find() -> FindBooking:
    """Two bookings of two people."""
    records = memory_stores().idempotency
    for key, reference in ((KEY, "BK-00000001"), (OTHER, "BK-00000002")):
        await records.insert(IdempotencyRecord(key, "print", reference, State.COMPLETED, AT, AT))
    return FindBooking(records, HASHER)


async def test_the_token_opens_its_own_booking(find: FindBooking) -> None:
    """The record is the token's, under the reference that was asked for."""
    found = await find("BK-00000001", HASHER.token(KEY, "BK-00000001"))
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
    assert await find(reference, token) is None
