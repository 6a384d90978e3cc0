"""What every store promises: the same tests in memory and on Azure Table Storage (Azurite).

Azurite is asked with the real azure-data-tables over https, with tokens that the real
ManagedIdentityCredential gets from an App Service identity endpoint.
"""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.booking.ports import AlreadyExists, Changed, Stores
from shared.booking.records import Answered, Attempt, IdempotencyRecord, IndexRow, LedgerEntry, Lock, State
from shared.domain.intervals import Interval
from shared.domain.model import Appointment, Attendee

NOW = datetime(2026, 12, 1, 16, 0, 0, 123457, tzinfo=UTC)
TICK = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
DAY = date(2026, 12, 1)
MAILBOX = "contosolunchdelivery@contoso.com"
AWKWARD = "a/b\\c#d?e\t\n%27'\" ü \U0001f41f " + "x" * 2000
"""Everything that Table Storage forbids in a key, and longer than it allows."""

ATTEMPT = Attempt(
    business=MAILBOX,
    service_id="service",
    span=Interval(NOW, NOW + 30 * MINUTE),
    staff_member_ids=("one", "two"),
    customer_id="customer",
    time_zone="America/Chicago",
    at=NOW,
    locks=("service-start", "staff-day"),
    is_join=True,
    appointment_id="AAMkAD+/=",
    seated=("one", "two"),
    sealed="x" * 40_000,
    is_over=True,
)

ANSWERED = Answered(NOW, Interval(NOW, NOW + 30 * MINUTE), ("one", "two"))


def record(key: str = "key", state: State = State.IN_PROGRESS, created: datetime = NOW) -> IdempotencyRecord:
    return IdempotencyRecord(key, "fingerprint", "BK-7F3KQ29D", state, created, created + MINUTE)


def entry(written: datetime = NOW, appointment_id: str = "AAMkAD+/=", filled: int = 1) -> LedgerEntry:
    appointment = Appointment(
        id=appointment_id,
        service_id="service",
        span=Interval(NOW, NOW + 30 * MINUTE),
        staff_member_ids=("one", "two"),
        maximum_attendees=5,
        filled=filled,
        pre_buffer=5 * MINUTE,
        post_buffer=10 * MINUTE,
    )
    return LedgerEntry(appointment, written)


async def unsettled(stores: Stores, now: datetime) -> set[str]:
    return {one.key async for one in stores.idempotency.unsettled(now)}


# Idempotency


async def test_a_record_comes_back_as_it_went_in(stores: Stores) -> None:
    """Every member of a record survives, times to the microsecond, and the version is set."""
    answer = '{"ü": "\U0001f41f"}'
    full = replace(
        record(AWKWARD),
        attempt=ATTEMPT,
        answer=answer,
        made_id="AAMk+/=",
        caller="me",
        look_again=NOW,
        answered=ANSWERED,
    )
    inserted = await stores.idempotency.insert(full)
    assert inserted == full
    assert inserted.version
    found = await stores.idempotency.get(AWKWARD)
    assert found == full
    assert found.version == inserted.version


async def test_an_unknown_key_has_no_record(stores: Stores) -> None:
    """Get gives None, also before anything was ever stored."""
    assert await stores.idempotency.get("key") is None


async def test_a_key_is_inserted_once(stores: Stores) -> None:
    """The second insert of a key is refused and changes nothing."""
    await stores.idempotency.insert(record())
    with pytest.raises(AlreadyExists):
        await stores.idempotency.insert(replace(record(), reference="BK-OTHER"))
    found = await stores.idempotency.get("key")
    assert found is not None
    assert found.reference == "BK-7F3KQ29D"


async def test_keys_are_told_apart_exactly(stores: Stores) -> None:
    """Case, blanks and characters outside ASCII count: no two keys share a record."""
    keys = ["key", "KEY", "key ", "k/ey", "k%2Fey", "ü", "u", ""]
    for key in keys:
        await stores.idempotency.insert(record(key))
    for key in keys:
        found = await stores.idempotency.get(key)
        assert found is not None
        assert found.key == key


async def test_replace_needs_the_version_that_is_there(stores: Stores) -> None:
    """Of two writers that read the same version, the second is refused; so is one that never read."""
    first = await stores.idempotency.insert(record())
    second = await stores.idempotency.replace(replace(first, state=State.UNKNOWN))
    assert second.version != first.version
    for stale in (first, record(), record("never there"), replace(first, key="never there")):
        with pytest.raises(Changed):
            await stores.idempotency.replace(replace(stale, state=State.REFUSED))
    found = await stores.idempotency.get("key")
    assert found is not None
    assert found.state is State.UNKNOWN
    assert found.version == second.version


async def test_replace_forgets_what_is_no_longer_set(stores: Stores) -> None:
    """A value that the new record does not have is gone, also the rest of a longer answer."""
    long = replace(record(), attempt=ATTEMPT, answer="x" * 50_000)
    first = await stores.idempotency.insert(long)
    await stores.idempotency.replace(replace(first, attempt=None, answer="short"))
    found = await stores.idempotency.get("key")
    assert found is not None
    assert found.attempt is None
    assert found.answer == "short"


@pytest.mark.parametrize("answer", ["", "x" * 65_536, "\U0001f41f" * 65_536, '\\"\n\u0001' * 16_384, None])
async def test_the_largest_answers_are_kept_byte_for_byte(stores: Stores, answer: str | None) -> None:
    """64 Ki characters come back as they were, of four bytes each or to be escaped; empty is not none."""
    first = await stores.idempotency.insert(record())
    await stores.idempotency.replace(replace(first, state=State.COMPLETED, answer=answer))
    found = await stores.idempotency.get("key")
    assert found is not None
    assert found.answer == answer


async def test_unsettled_is_unknown_or_left(stores: Stores) -> None:
    """Unknown records at once, records in progress from the instant at which their lease ends."""
    for state in State:
        await stores.idempotency.insert(record(state.value, state))
    assert await unsettled(stores, NOW + MINUTE - TICK) == {"unknown"}
    assert await unsettled(stores, NOW + MINUTE) == {"unknown", "inProgress"}


async def test_an_unsettled_record_can_be_replaced(stores: Stores) -> None:
    """What unsettled gives carries the version that replace wants."""
    await stores.idempotency.insert(replace(record(state=State.UNKNOWN), attempt=ATTEMPT))
    [found] = [one async for one in stores.idempotency.unsettled(NOW)]
    assert found.attempt == ATTEMPT
    await stores.idempotency.replace(replace(found, state=State.COMPLETED, answer="{}"))
    assert await unsettled(stores, NOW + MINUTE) == set()


async def test_sweep_deletes_old_settled_records_only(stores: Stores) -> None:
    """What is not settled stays however old it is; what is exactly as old as the limit stays too."""
    for state in State:
        await stores.idempotency.insert(record(f"old {state.value}", state, NOW - TICK))
        await stores.idempotency.insert(record(f"new {state.value}", state, NOW))
    assert await stores.idempotency.sweep(NOW) == 2
    for state in State:
        is_gone = state in {State.COMPLETED, State.REFUSED}
        assert (await stores.idempotency.get(f"old {state.value}") is None) == is_gone
        assert await stores.idempotency.get(f"new {state.value}") is not None


# Locks


async def test_a_free_lock_is_taken(stores: Stores) -> None:
    """The lock tells its name, its owner and its end."""
    lock = await stores.locks.try_acquire(AWKWARD, "me", NOW, MINUTE)
    assert lock == Lock(AWKWARD, "me", NOW + MINUTE)


async def test_a_held_lock_is_refused_until_its_last_instant(stores: Stores) -> None:
    """Another owner gets the lock from the instant at which it ends, and not a microsecond before."""
    await stores.locks.try_acquire("slot", "me", NOW, MINUTE)
    assert await stores.locks.try_acquire("slot", "you", NOW, MINUTE) is None
    assert await stores.locks.try_acquire("slot", "you", NOW + MINUTE - TICK, MINUTE) is None
    assert await stores.locks.try_acquire("other", "you", NOW, MINUTE) is not None
    stolen = await stores.locks.try_acquire("slot", "you", NOW + MINUTE, MINUTE)
    assert stolen == Lock("slot", "you", NOW + 2 * MINUTE)


async def test_its_owner_gets_a_lock_again(stores: Stores) -> None:
    """Asking again, as after a lost answer, gives the same lock with the same end."""
    first = await stores.locks.try_acquire("slot", "me", NOW, MINUTE)
    again = await stores.locks.try_acquire("slot", "me", NOW + TICK, MINUTE)
    assert again == first
    assert again is not None
    await stores.locks.release(again)
    assert await stores.locks.try_acquire("slot", "you", NOW, MINUTE) is not None


async def test_a_released_lock_is_free(stores: Stores) -> None:
    """Releasing frees at once; releasing again does nothing."""
    lock = await stores.locks.try_acquire("slot", "me", NOW, MINUTE)
    assert lock is not None
    await stores.locks.release(lock)
    await stores.locks.release(lock)
    assert await stores.locks.try_acquire("slot", "you", NOW, MINUTE) is not None


async def test_a_lost_lock_cannot_be_released(stores: Stores) -> None:
    """An owner that was late frees neither a stolen lock nor one that was taken anew."""
    late = await stores.locks.try_acquire("slot", "me", NOW, MINUTE)
    assert late is not None
    stolen = await stores.locks.try_acquire("slot", "you", NOW + MINUTE, MINUTE)
    assert stolen is not None
    await stores.locks.release(late)
    assert await stores.locks.try_acquire("slot", "they", NOW + MINUTE, MINUTE) is None
    await stores.locks.release(stolen)
    await stores.locks.try_acquire("slot", "they", NOW + MINUTE, MINUTE)
    await stores.locks.release(late)
    await stores.locks.release(stolen)
    assert await stores.locks.try_acquire("slot", "me", NOW + MINUTE, MINUTE) is None


async def test_sweep_deletes_locks_that_ended_earlier(stores: Stores) -> None:
    """Locks that are held, or ended just now, stay."""
    for number in range(3):
        await stores.locks.try_acquire(f"over {number}", "me", NOW - MINUTE - TICK, MINUTE)
    held = await stores.locks.try_acquire("held", "me", NOW - MINUTE, MINUTE)
    assert await stores.locks.sweep(NOW) == 3
    assert await stores.locks.sweep(NOW) == 0
    assert await stores.locks.try_acquire("held", "me", NOW - TICK, MINUTE) == held


# The customer index


async def test_customers_are_remembered_and_forgotten(stores: Stores) -> None:
    """A row is found by business, in any spelling of the mailbox, and hash alone; it comes back as it was."""
    customers = stores.customers
    assert await customers.get(MAILBOX, "hash") is None
    begun = await customers.insert(MAILBOX, AWKWARD, IndexRow(None, NOW))
    made = await customers.insert(MAILBOX, "hash", IndexRow("id"))
    await customers.insert("other@contoso.com", "hash", IndexRow("other id"))

    assert await customers.get(MAILBOX.upper(), AWKWARD) == begun == IndexRow(None, NOW)
    assert await customers.get(MAILBOX, "hash") == made == IndexRow("id")

    await customers.delete(MAILBOX, "hash", made)
    assert await customers.get(MAILBOX, "hash") is None
    assert await customers.get("other@contoso.com", "hash") == IndexRow("other id")


async def test_a_row_changes_by_the_version_that_was_read_alone(stores: Stores) -> None:
    """Whoever comes second, to insert, to overwrite or to remove, changes nothing and is told."""
    customers = stores.customers
    old = await customers.insert(MAILBOX, "hash", IndexRow(None, NOW))
    with pytest.raises(AlreadyExists):
        await customers.insert(MAILBOX, "hash", IndexRow("second"))
    new = await customers.replace(MAILBOX, "hash", replace(old, customer_id="id", appears=None))
    with pytest.raises(Changed):
        await customers.replace(MAILBOX, "hash", replace(old, customer_id="late"))
    with pytest.raises(Changed):
        await customers.delete(MAILBOX, "hash", old)
    with pytest.raises(Changed):
        await customers.replace(MAILBOX, "unknown", old)

    found = await customers.get(MAILBOX, "hash")
    assert found == new == IndexRow("id")
    assert found.version == new.version


async def test_any_number_of_customers_is_inserted_at_once(stores: Stores) -> None:
    """None, one, and more than fit into a transaction for every partition."""
    await stores.customers.insert_missing(MAILBOX, {})
    await stores.customers.insert_missing(MAILBOX, {f"hash {n}": f"id {n}" for n in range(2_000)})
    for number in (0, 777, 1_999):
        assert await stores.customers.get(MAILBOX, f"hash {number}") == IndexRow(f"id {number}")


async def test_what_is_there_is_not_overwritten_by_many(stores: Stores) -> None:
    """Whatever a list says: who is being created, or was found out about meanwhile, stays."""
    begun = await stores.customers.insert(MAILBOX, "hash 7", IndexRow(None, NOW))
    await stores.customers.insert_missing(MAILBOX, {f"hash {n}": f"id {n}" for n in range(300)})

    assert await stores.customers.get(MAILBOX, "hash 7") == begun
    known = await stores.customers.known(MAILBOX)
    assert len(known) == 300
    assert known["hash 8"] == IndexRow("id 8")


async def test_all_customers_of_a_business_are_known(stores: Stores) -> None:
    """Those of one business and no other's, over as many pages as it takes, with their versions."""
    ids = {f"hash {n}": f"id {n}" for n in range(1_100)} | {AWKWARD: "id"}
    await stores.customers.insert_missing(MAILBOX, ids)
    await stores.customers.insert_missing("other@contoso.com", {"hash": "other id"})
    await stores.customers.mark_scanned(MAILBOX, NOW)

    known = await stores.customers.known(MAILBOX)

    assert known == {name: IndexRow(one) for name, one in ids.items()}
    assert await stores.customers.replace(MAILBOX, AWKWARD, replace(known[AWKWARD], customer_id="new"))
    assert await stores.customers.known("third@contoso.com") == {}


async def test_the_last_scan_is_remembered_for_each_business(stores: Stores) -> None:
    """The instant of a scan comes back to the microsecond, replaced by the next one."""
    assert await stores.customers.scanned_at(MAILBOX) is None
    await stores.customers.mark_scanned(MAILBOX, NOW)
    assert await stores.customers.scanned_at(MAILBOX) == NOW
    await stores.customers.mark_scanned(MAILBOX, NOW + TICK)
    assert await stores.customers.scanned_at(MAILBOX) == NOW + TICK
    assert await stores.customers.scanned_at("other@contoso.com") is None


# The ledger


async def test_the_ledger_gives_what_was_written_since(stores: Stores) -> None:
    """Entries are found by business, day and the instant of their writing, that instant included."""
    await stores.ledger.record(MAILBOX, [DAY], entry())
    tomorrow = DAY + timedelta(days=1)
    assert await stores.ledger.recent(MAILBOX, [DAY], NOW) == (entry(),)
    assert await stores.ledger.recent(MAILBOX, [DAY], NOW + TICK) == ()
    assert await stores.ledger.recent(MAILBOX, [tomorrow], NOW) == ()
    assert await stores.ledger.recent("other@contoso.com", [DAY], NOW) == ()
    assert await stores.ledger.recent(MAILBOX, [], NOW) == ()


async def test_an_appointment_over_midnight_is_one_entry(stores: Stores) -> None:
    """It is found from either day, and once when both are asked for."""
    days = [DAY, DAY + timedelta(days=1)]
    await stores.ledger.record(MAILBOX, days, entry())
    for asked in ([days[0]], [days[1]], days, days * 2):
        assert await stores.ledger.recent(MAILBOX, asked, NOW) == (entry(),)


async def test_a_later_entry_replaces_an_earlier_one(stores: Stores) -> None:
    """Somebody joined: the newest count is what counts, even where the days differ."""
    tomorrow = DAY + timedelta(days=1)
    await stores.ledger.record(MAILBOX, [DAY, tomorrow], entry(NOW, filled=1))
    await stores.ledger.record(MAILBOX, [DAY], entry(NOW + MINUTE, filled=2))
    await stores.ledger.record(MAILBOX, [DAY], entry(NOW, "another"))
    found = await stores.ledger.recent(MAILBOX, [DAY, tomorrow], NOW)
    assert found == (entry(NOW, "another"), entry(NOW + MINUTE, filled=2))


async def test_the_ledger_keeps_nothing_about_people(stores: Stores) -> None:
    """Attendees, notes and the link to join are left out, as Graph's lists leave them out."""
    person = Attendee("customer", "Jordan Miller", "jordanm@contoso.com")
    full = replace(
        entry().appointment, attendees=(person,), service_notes="Allergies", join_url="https://contoso.com/j"
    )
    await stores.ledger.record(MAILBOX, [DAY], LedgerEntry(full, NOW))
    assert await stores.ledger.recent(MAILBOX, [DAY], NOW) == (entry(),)


async def test_sweep_deletes_old_entries(stores: Stores) -> None:
    """Entries written earlier go, one written just then stays."""
    await stores.ledger.record(MAILBOX, [DAY], entry(NOW - TICK, "old"))
    await stores.ledger.record(MAILBOX, [DAY], entry(NOW, "new"))
    assert await stores.ledger.sweep(NOW) == 1
    assert await stores.ledger.recent(MAILBOX, [DAY], NOW - MINUTE) == (entry(NOW, "new"),)


# Counters


async def test_a_counter_counts_per_name_and_window(stores: Stores) -> None:
    """Each name and each window counts from one."""
    ends = NOW + MINUTE
    assert [await stores.counters.hit("visitor", NOW, ends) for _ in range(3)] == [1, 2, 3]
    assert await stores.counters.hit(AWKWARD, NOW, ends) == 1
    assert await stores.counters.hit("visitor", NOW + MINUTE, ends + MINUTE) == 1
    assert await stores.counters.hit("visitor", NOW, ends) == 4
    assert await stores.counters.count("visitor", NOW) == 4
    assert await stores.counters.count("visitor", NOW + 2 * MINUTE) == 0
    assert await stores.counters.count("nobody", NOW) == 0


async def test_sweep_deletes_windows_that_ended_earlier(stores: Stores) -> None:
    """A window that is swept counts anew; one that ended just now is kept."""
    await stores.counters.hit("old", NOW, NOW + MINUTE - TICK)
    await stores.counters.hit("new", NOW, NOW + MINUTE)
    assert await stores.counters.sweep(NOW + MINUTE) == 1
    assert await stores.counters.hit("old", NOW, NOW + MINUTE) == 1
    assert await stores.counters.hit("new", NOW, NOW + MINUTE) == 2


# Things for a single use


async def test_a_thing_is_claimed_by_its_first_owner(stores: Stores) -> None:
    """Its owner may claim it again, nobody else may, whatever the time."""
    assert await stores.once.claim(AWKWARD, "me", NOW)
    assert await stores.once.claim(AWKWARD, "me", NOW + MINUTE)
    assert not await stores.once.claim(AWKWARD, "you", NOW + MINUTE)
    assert await stores.once.claim("another", "you", NOW)


async def test_a_swept_thing_can_be_claimed_anew(stores: Stores) -> None:
    """Claims that ended earlier go, one that ended just now stays."""
    await stores.once.claim("old", "me", NOW - TICK)
    await stores.once.claim("new", "me", NOW)
    assert await stores.once.sweep(NOW) == 1
    assert await stores.once.claim("old", "you", NOW)
    assert not await stores.once.claim("new", "you", NOW)


async def test_times_of_any_zone_are_the_same_instants(stores: Stores) -> None:
    """An end that is given in another zone is compared as the instant that it is."""
    east = datetime.fromisoformat("2026-12-02T00:00:00.123457+08:00")
    assert east == NOW
    await stores.locks.try_acquire("slot", "me", east, MINUTE)
    assert await stores.locks.try_acquire("slot", "you", NOW + MINUTE - TICK, MINUTE) is None
    assert await stores.locks.try_acquire("slot", "you", NOW + MINUTE, MINUTE) is not None


async def test_stores_can_be_used_by_many_tasks_from_the_start(stores: Stores) -> None:
    """First use by several tasks at once works, also where tables have yet to be created."""
    numbers = await asyncio.gather(
        *(stores.counters.hit("visitor", NOW, NOW + MINUTE) for _ in range(5)),
        *(stores.once.claim(f"thing {n}", "me", NOW) for n in range(5)),
    )
    assert sorted(numbers[:5]) == [1, 2, 3, 4, 5]
    assert all(numbers[5:])
