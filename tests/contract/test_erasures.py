"""What the store of erasures promises, in memory and on Azure Table Storage alike."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.booking.erasures import Erasure, Part
from shared.booking.ports import AlreadyExists, Changed, Stores

NOW = datetime(2026, 12, 1, 16, 0, 0, 123457, tzinfo=UTC)
TICK = timedelta(microseconds=1)
MAILBOX, OTHER = "contosolunchdelivery@contoso.com", "other@contoso.com"


def erasure(receipt: str = "one", business: str = MAILBOX, seen: datetime = NOW) -> Erasure:
    return Erasure(receipt, business, "a" * 64, NOW, seen)


async def test_an_erasure_comes_back_as_it_went_in(stores: Stores) -> None:
    """Every member survives, also bare; the spelling of the mailbox does not matter."""
    full = replace(
        erasure(), ended=NOW, customer_ids=("one", "two="), passes=2, part=Part.CUSTOMERS,
        page="https://graph.microsoft.com/beta/x?$skiptoken=ü", after="AAMk+/=", found=3,
        left={"customer-not-deleted": 1}, cancelled=4, cleared=5, deleted=6, read=70_000,
    )  # fmt: skip
    inserted = await stores.erasures.insert(full)
    assert inserted == full
    found = await stores.erasures.get(MAILBOX.upper(), "one")
    assert found == full
    assert found.version == inserted.version != ""
    bare = await stores.erasures.insert(erasure("two"))
    assert await stores.erasures.get(MAILBOX, "two") == bare


@pytest.mark.parametrize("receipt", ["", "two", "a/b\\c#d?e\t\n'", "x" * 5000])
async def test_what_was_never_stored_has_no_receipt(stores: Stores, receipt: str) -> None:
    """Neither an unknown receipt, nor one of another business."""
    await stores.erasures.insert(erasure())
    assert await stores.erasures.get(MAILBOX, receipt) is None
    assert await stores.erasures.get(OTHER, "one") is None


async def test_an_erasure_is_inserted_once_and_changes_by_version(stores: Stores) -> None:
    """Of two writers that read the same version the second is refused; so is one that never read."""
    first = await stores.erasures.insert(erasure())
    with pytest.raises(AlreadyExists):
        await stores.erasures.insert(erasure())
    second = await stores.erasures.replace(replace(first, found=1))
    assert second.version != first.version
    for stale in (first, erasure(), erasure("two")):
        with pytest.raises(Changed):
            await stores.erasures.replace(replace(stale, found=2))
    assert await stores.erasures.get(MAILBOX, "one") == replace(first, found=1)


async def test_those_under_way_come_in_turn(stores: Stores) -> None:
    """Whoever has waited longest first; nothing of another business, and nothing that has ended."""
    await stores.erasures.insert(erasure("late", seen=NOW + TICK))
    await stores.erasures.insert(erasure("early"))
    await stores.erasures.insert(erasure("other", OTHER))
    ended = await stores.erasures.insert(erasure("ended"))
    await stores.erasures.replace(replace(ended, ended=NOW))
    assert [one.receipt for one in await stores.erasures.under_way(MAILBOX)] == ["early", "late"]


async def test_receipts_are_swept_by_their_end(stores: Stores) -> None:
    """What has not ended stays, however old."""
    for receipt, ended in (("old", NOW - TICK), ("new", NOW), ("open", None)):
        await stores.erasures.insert(replace(erasure(receipt), ended=ended))
    assert await stores.erasures.sweep(NOW) == 1
    assert await stores.erasures.get(MAILBOX, "old") is None
    assert await stores.erasures.get(MAILBOX, "new") is not None
    assert await stores.erasures.get(MAILBOX, "open") is not None
