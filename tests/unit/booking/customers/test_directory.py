"""The directory of customers: one record for an address, whatever fails, is late or races."""

import asyncio
from datetime import timedelta

import pytest

from shared.booking.customers.directory import SCAN_LIFE
from shared.booking.customers.find_or_create import CREATED, FOUND
from shared.booking.ports import Changed
from shared.booking.records import IndexRow, State
from shared.booking.writes.locks import customer_lock, email_hash
from shared.domain.errors import (
    Conflicted,
    Denied,
    KeyInFlight,
    Missing,
    NotBooked,
    SlotBusy,
    Throttled,
    Unavailable,
    Unreachable,
    Unreadable,
)
from shared.domain.model import Customer
from shared.platform.deadline import deadline
from tests.support.shop import REQUEST, Shop
from tests.support.virtually import virtually
from tests.support.wire import Ending
from tests.support.workers import LIST_LAG, LOCK_LIFE
from tests.support.world import SHOP

VIC = Customer(None, "vic", "vic@contoso.com")
MOMENT = timedelta(milliseconds=1)


class Desk(Shop):
    """A shop whose customers are asked for."""

    @property
    def hash(self) -> str:
        return email_hash(self.directory.hasher, SHOP, VIC.email)

    @property
    def lock(self) -> str:
        return customer_lock(SHOP, self.hash)

    async def find(self, stale_id: str | None = None) -> tuple[str, bool]:
        return await self.directory.find_or_create(SHOP, VIC, stale_id)

    async def row(self) -> IndexRow | None:
        return await self.stores.customers.get(SHOP, self.hash)

    def stored(self) -> IndexRow | None:
        return self.stores.customers._rows.get((SHOP, self.hash))  # type: ignore[attr-defined, no-any-return]  # noqa: SLF001

    async def scanned(self) -> None:
        await self.directory.scans.renew(SHOP)
        self.wire.calls.clear()

    def ids_of_vic(self) -> list[str]:
        return [one.id or "" for one in self.mailbox.customers if one.email == VIC.email]


@virtually
async def test_an_address_that_nobody_has_is_created_once() -> None:
    """The list is read first; from then on the index knows."""
    desk = Desk()
    made, is_new = await desk.find()
    assert (desk.ids_of_vic(), is_new) == ([made], True)
    assert await desk.row() == IndexRow(made)
    assert await desk.find() == (made, False)
    assert desk.wire.calls == {"customers": 1, "create_customer": 1}
    assert await desk.free_locks(desk.lock) == [desk.lock]
    assert await desk.directory.known_id(SHOP, "VIC@contoso.com") == made
    assert await desk.directory.known_id(SHOP, "zoe@contoso.com") is None


@virtually
async def test_a_record_without_an_address_is_nobody_s_in_the_index() -> None:
    """The staff may keep such records: they are found by nothing."""
    desk = Desk()
    desk.mailbox.add_customer(Customer(None, "stranger", ""))
    vic = desk.customer("vic")
    await desk.scanned()
    assert list(await desk.stores.customers.known(SHOP)) == [desk.hash]
    assert await desk.directory.known_id(SHOP, VIC.email) == vic.id


@virtually
async def test_nobody_is_created_in_the_last_second() -> None:
    """The answer might be lost: nothing goes out, and the next request finds nothing in its way."""
    desk = Desk()
    await desk.scanned()
    desk.wire.latency = 0.25
    with deadline(timedelta(seconds=1.2)), pytest.raises(NotBooked):
        await desk.find()
    assert desk.ids_of_vic() == []
    assert await desk.row() is None
    assert await desk.free_locks(desk.lock) == [desk.lock]


@virtually
async def test_who_is_in_the_list_is_found() -> None:
    """Made by the staff, or before the facade."""
    desk = Desk()
    vic = desk.customer("vic")
    assert await desk.find() == (vic.id, False)
    assert desk.wire.calls == {"customers": 1}


@pytest.mark.parametrize(("age", "reads"), [(SCAN_LIFE - MOMENT, 0), (SCAN_LIFE, 1)])
@virtually
async def test_a_scan_lets_an_unknown_address_count_as_new_for_a_day(age: timedelta, reads: int) -> None:
    """Then the list is read again."""
    desk = Desk()
    await desk.scanned()
    await asyncio.sleep(age.total_seconds())
    assert (await desk.find())[1]
    assert desk.wire.calls["customers"] == reads


@virtually
async def test_two_who_create_at_once_create_one() -> None:
    """The second waits for the lock of the address, and finds it in the index then."""
    desk = Desk()
    await desk.scanned()
    desk.wire.latency = 0.2
    found = await asyncio.gather(desk.find(), desk.find())
    assert sorted(is_new for _, is_new in found) == [False, True]
    assert len({customer_id for customer_id, _ in found}) == len(desk.ids_of_vic()) == 1


@virtually
async def test_the_index_tells_of_a_create_before_it_is_sent() -> None:
    """And until when it may turn up."""
    desk = Desk()
    await desk.scanned()
    seen: list[IndexRow | None] = []
    add = desk.mailbox.add_customer

    def watched(customer: Customer) -> Customer:
        seen.append(desk.stored())
        return add(customer)

    desk.mailbox.add_customer = watched  # type: ignore[method-assign]
    began = desk.clock()
    first, _ = await desk.find()
    assert seen == [IndexRow(None, began + LOCK_LIFE + LIST_LAG)]

    desk.mailbox.forget_customer(VIC.email)
    began = desk.clock()
    await desk.find(stale_id=first)
    assert seen[1:] == [IndexRow(None, began + LOCK_LIFE + LIST_LAG)]


@virtually
async def test_the_index_names_no_stale_record_while_another_is_looked_for() -> None:
    """Whoever comes meanwhile waits for the lock, rather than to write a record that is gone."""
    desk = Desk()
    first, _ = await desk.find()
    desk.mailbox.forget_customer(VIC.email)
    seen: list[IndexRow | None] = []

    def watched(page: object) -> object:
        seen.append(desk.stored())
        return page

    desk.wire.arm("customers", Ending("watched", shown=watched))
    await desk.find(stale_id=first)
    assert seen == [IndexRow(None)]


@virtually
async def test_a_create_that_nobody_answered_may_still_land() -> None:
    """Nobody creates a second record until the lists must show the first; the lock ends by itself."""
    desk = Desk()
    await desk.scanned()
    desk.arm("create_customer", Unreachable)
    began = desk.clock()
    with pytest.raises(NotBooked) as caught:
        await desk.find()
    assert isinstance(caught.value.__cause__, Unreachable)
    assert await desk.row() == IndexRow(None, began + LOCK_LIFE + LIST_LAG)
    assert await desk.free_locks(desk.lock) == []

    await asyncio.sleep((LOCK_LIFE + LIST_LAG - MOMENT).total_seconds())
    with pytest.raises(NotBooked):
        await desk.find()
    assert desk.wire.calls["create_customer"] == 1
    await asyncio.sleep(0.001)
    assert (await desk.find())[1]
    assert len(desk.ids_of_vic()) == 1


@virtually
async def test_a_create_whose_answer_was_lost_is_found_in_the_list() -> None:
    """As soon as the list shows it."""
    desk = Desk()
    await desk.scanned()
    desk.arm("create_customer", Unreachable, done=1)
    with pytest.raises(NotBooked):
        await desk.find()
    await asyncio.sleep(LOCK_LIFE.total_seconds())

    assert await desk.find() == (desk.ids_of_vic()[0], False)
    assert await desk.row() == IndexRow(desk.ids_of_vic()[0])
    assert desk.wire.calls["create_customer"] == 1


@pytest.mark.parametrize("error", [Unavailable, Unreadable])
@virtually
async def test_a_create_that_is_over_is_hidden_by_the_lists_alone(error: type[Exception]) -> None:
    """The lock is free, and the wait is short."""
    desk = Desk()
    await desk.scanned()
    desk.arm("create_customer", error)
    began = desk.clock()
    with pytest.raises(NotBooked):
        await desk.find()
    assert await desk.row() == IndexRow(None, began + LIST_LAG)
    assert await desk.free_locks(desk.lock) == [desk.lock]

    with pytest.raises(NotBooked):
        await desk.find()
    await asyncio.sleep(LIST_LAG.total_seconds())
    assert (await desk.find())[1]


@pytest.mark.parametrize("error", [Throttled, Denied, NotBooked])
@virtually
async def test_a_create_that_surely_was_not_done_leaves_no_trace(error: type[Exception]) -> None:
    """The next one need not wait."""
    desk = Desk()
    await desk.scanned()
    desk.arm("create_customer", error)
    with pytest.raises(error):
        await desk.find()
    assert await desk.row() is None
    assert await desk.free_locks(desk.lock) == [desk.lock]
    assert (await desk.find())[1]


@virtually
async def test_a_row_that_somebody_changed_meanwhile_is_theirs() -> None:
    """A refusal does not take away what they know."""
    desk = Desk()
    await desk.scanned()

    async def changed(*_: object) -> None:
        raise Changed

    desk.stores.customers.delete = changed  # type: ignore[assignment, method-assign]
    desk.arm("create_customer", Denied)
    with pytest.raises(Denied):
        await desk.find()


@pytest.mark.parametrize("method", ["insert", "replace"])
@virtually
async def test_who_lost_the_race_for_the_row_is_busy(method: str) -> None:
    """Under a lock that was over: nothing is written by the one who is late."""
    desk = Desk()
    await desk.scanned()

    async def changed(*_: object) -> IndexRow:
        raise Changed

    setattr(desk.stores.customers, method, changed)
    with pytest.raises(SlotBusy):
        await desk.find()
    assert desk.wire.calls["create_customer"] == (0 if method == "insert" else 1)


@virtually
async def test_a_record_that_graph_no_longer_knows_is_renewed(caplog: pytest.LogCaptureFixture) -> None:
    """Looked for in the list first, then created."""
    desk = Desk()
    first, _ = await desk.find()
    desk.mailbox.forget_customer(VIC.email)
    desk.wire.calls.clear()

    second, is_new = await desk.find(stale_id=first)

    assert (desk.ids_of_vic(), is_new) == ([second], True)
    assert await desk.row() == IndexRow(second)
    assert desk.wire.calls == {"customers": 1, "create_customer": 1}
    assert [one.message for one in caplog.records if one.name.startswith("shared.")] == ["customer.stale"]
    assert await desk.find(stale_id=first) == (second, False)


@virtually
async def test_another_record_in_place_of_a_stale_one_is_found() -> None:
    """The staff made the customer anew."""
    desk = Desk()
    first, _ = await desk.find()
    desk.mailbox.forget_customer(VIC.email)
    again = desk.customer("vic")
    assert await desk.find(stale_id=first) == (again.id, False)
    assert await desk.row() == IndexRow(again.id)


@virtually
async def test_who_waited_for_the_lock_takes_what_is_in_the_index_by_then() -> None:
    """Somebody else renewed the record meanwhile."""
    desk = Desk()
    first, _ = await desk.find()
    desk.mailbox.forget_customer(VIC.email)
    desk.wire.latency = 0.1
    found = await asyncio.gather(desk.find(stale_id=first), desk.find(stale_id=first))
    assert found[0][0] == found[1][0]
    assert len(desk.ids_of_vic()) == 1


@virtually
async def test_an_id_that_graph_knows_stays() -> None:
    """Another one takes the place of one that it does not know."""
    desk = Desk()
    first, _ = await desk.find()
    assert await desk.directory.existing(SHOP, VIC, first) == first
    desk.mailbox.forget_customer(VIC.email)
    second = await desk.directory.existing(SHOP, VIC, first)
    assert desk.ids_of_vic() == [second] != [first]


# The partner's route.


@virtually
async def test_a_partner_finds_or_creates() -> None:
    """As Graph has it; without a key nothing is remembered."""
    desk = Desk()
    create = desk.cases.create_customer
    made, is_new = await create(SHOP, VIC, None)
    assert (made.id, is_new) == (desk.ids_of_vic()[0], True)
    assert (made.display_name, made.email) == ("vic", VIC.email)
    again, is_new = await create(SHOP, VIC, None)
    assert (again, is_new) == (made, False)


@pytest.mark.parametrize("is_new", [True, False])
@virtually
async def test_a_partners_request_is_replayed_by_its_key(is_new: bool) -> None:
    """The customer is read anew, and the answer says what it said."""
    desk = Desk()
    if not is_new:
        desk.customer("vic")
    create = desk.cases.create_customer
    first = await create(SHOP, VIC, REQUEST)
    assert first[1] is is_new
    record = await desk.stores.idempotency.get(REQUEST.key)
    assert record is not None
    assert (record.answer, record.made_id) == (CREATED if is_new else FOUND, desk.ids_of_vic()[0])
    assert await create(SHOP, VIC, REQUEST) == first


@virtually
async def test_a_partners_request_that_failed_may_be_tried_again() -> None:
    """Its record is refused."""
    desk = Desk()
    desk.arm("create_customer", Denied)
    with pytest.raises(Denied):
        await desk.cases.create_customer(SHOP, VIC, REQUEST)
    record = await desk.stores.idempotency.get(REQUEST.key)
    assert record is not None
    assert record.state is State.REFUSED
    assert (await desk.cases.create_customer(SHOP, VIC, REQUEST))[1]


@virtually
async def test_a_partners_request_has_an_end() -> None:
    """Within the budget of a request."""
    desk = Desk()
    desk.wire.latency = 1000
    began = desk.clock()
    with pytest.raises(Exception):  # noqa: B017, PT011 (whatever it is, it comes in time)
        await desk.cases.create_customer(SHOP, VIC, None)
    assert desk.clock() - began <= timedelta(seconds=25)


@virtually
async def test_a_partner_is_given_a_renewed_record_in_place_of_one_that_is_gone() -> None:
    """The index named one that the staff have deleted."""
    desk = Desk()
    await desk.find()
    desk.mailbox.forget_customer(VIC.email)
    found, is_new = await desk.cases.create_customer(SHOP, VIC, None)
    assert (found.id, is_new) == (desk.ids_of_vic()[0], True)


@virtually
async def test_a_partners_request_that_is_under_way_is_waited_for() -> None:
    """Then told to come again."""
    desk = Desk()
    await desk.lease()
    with pytest.raises(KeyInFlight):
        await desk.cases.create_customer(SHOP, VIC, REQUEST)


@virtually
async def test_a_reading_of_the_list_that_finds_a_lost_row_leaves_it_to_who_knows_better() -> None:
    """Somebody else holds the customer's lock, or has changed the row."""
    desk = Desk()
    first, _ = await desk.find()
    desk.mailbox.forget_customer(VIC.email)
    again = desk.customer("vic")
    lock = await desk.stores.locks.try_acquire(desk.lock, "somebody", desk.clock(), LOCK_LIFE)
    assert lock is not None
    await desk.directory.scans.renew(SHOP)
    assert await desk.row() == IndexRow(first)

    await desk.stores.locks.release(lock)
    replace_row = desk.stores.customers.replace

    async def changed(*_: object) -> IndexRow:
        raise Changed

    desk.stores.customers.replace = changed  # type: ignore[assignment, method-assign]
    await desk.directory.scans.renew(SHOP)
    desk.stores.customers.replace = replace_row  # type: ignore[method-assign]
    assert await desk.row() == IndexRow(first)
    await desk.directory.scans.renew(SHOP)
    assert await desk.row() == IndexRow(again.id)


@virtually
async def test_missing_is_only_what_graph_says_of_the_customer() -> None:
    """Another failure is told as it is."""
    desk = Desk()
    first, _ = await desk.find()
    desk.arm("customer", Unavailable)
    with pytest.raises(Unavailable):
        await desk.directory.existing(SHOP, VIC, first)


@virtually
async def test_a_record_is_not_gone_while_the_list_has_it() -> None:
    """A passing 404, or a list that lags: neither another record is made, nor the old one believed in."""
    desk = Desk()
    first, _ = await desk.find()
    await desk.scanned()
    desk.arm("customer", Missing)
    with pytest.raises(NotBooked):
        await desk.directory.existing(SHOP, VIC, first)
    assert desk.ids_of_vic() == [first]
    assert await desk.find() == (first, False)


@virtually
async def test_in_place_of_a_stale_record_the_list_is_read_though_it_was_lately() -> None:
    """The index has never heard of the address: the staff made both records since."""
    desk = Desk()
    await desk.scanned()
    again = desk.customer("vic")

    assert await desk.directory.existing(SHOP, VIC, "gone") == again.id

    assert desk.ids_of_vic() == [again.id]


@virtually
async def test_who_has_no_record_is_not_asked_for_by_its_id() -> None:
    """The staff may seat somebody without one."""
    desk = Desk()
    await desk.scanned()
    assert [await desk.directory.existing(SHOP, VIC, None)] == desk.ids_of_vic()
    assert desk.wire.calls == {"create_customer": 1}


@pytest.mark.parametrize(("conflicts", "posts"), [(1, 2), (2, 3), (3, 3)])
@virtually
async def test_a_create_that_met_a_conflict_goes_out_again(conflicts: int, posts: int) -> None:
    """Three times; after that there is surely no record, and the index says so."""
    shop = Shop()
    shop.arm("create_customer", Conflicted, times=conflicts)
    wanted = Customer(None, "vic", "vic@contoso.com")

    if conflicts < posts:
        assert await shop.directory.find_or_create(SHOP, wanted) == (await shop.index_id("vic"), True)
    else:
        with pytest.raises(Conflicted):
            await shop.directory.find_or_create(SHOP, wanted)
        assert (
            await shop.stores.customers.get(SHOP, email_hash(shop.cases.hasher, SHOP, wanted.email)) is None
        )
    assert shop.wire.calls["create_customer"] == posts
    assert len(list(shop.mailbox.customers)) == (conflicts < posts)
