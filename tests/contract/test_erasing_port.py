"""What every Graph does for an erasure: the gateway in front of the emulator, and the one in memory."""

import pytest

from devtools.graph_emulator.default_seed import JORDAN, MENU_TASTING
from shared.domain.errors import Missing, Rejected, Unavailable
from shared.domain.model import Attendee
from tests.contract.graph_sides import GraphSide, Trouble
from tests.contract.test_graph_port import NOBODY, attendee, book, draft, new_customer, service_of
from tests.support.contoso import let_pass
from tests.support.facade import MAILBOX


async def test_all_appointments_and_customers_are_listed_page_by_page(side: GraphSide) -> None:
    """Ids alone; the last page has no link."""
    made = {(await book(side, hour=hour)).id for hour in (10, 12, 14)}
    ids, link = await side.graph.appointments_page(MAILBOX, None)
    assert (set(ids), link) == (made, None)
    customers, link = await side.graph.customers_page(MAILBOX, None)
    assert JORDAN in {one.id for one in customers}
    assert link is None


async def test_the_next_page_is_had_by_its_link(side: GraphSide) -> None:
    """Every customer is on one of the pages, once."""
    made = {await new_customer(side.graph, f"person{number}@contoso.com") for number in range(120)}
    found: list[str | None] = []
    link = None
    while True:
        customers, link = await side.graph.customers_page(MAILBOX, link)
        found += [one.id for one in customers]
        if link is None:
            break
    assert made < set(found)
    assert len(found) == len(set(found)) > 100


@pytest.mark.parametrize("service_id", [None, MENU_TASTING])
async def test_whoever_is_cleared_is_nowhere_in_the_appointment(
    side: GraphSide, service_id: str | None
) -> None:
    """The seat stays with its record's id alone; the older members name nobody either."""
    service = await (service_of(side) if service_id is None else service_of(side, service_id))
    made = await side.graph.create_appointment(MAILBOX, draft(service, attendee(service)), check=let_pass)
    assert made.customer_email == "jordanm@contoso.com"
    bare = Attendee(JORDAN, None, None)
    await side.graph.clear_attendees(MAILBOX, made.id, [bare], "", check=let_pass)
    seen = await side.graph.appointment(MAILBOX, made.id)
    (seat,) = seen.attendees
    assert (seat.customer_id, seat.name or "", seat.email or "", seat.phone or "") == (JORDAN, "", "", "")
    assert not seen.service_notes
    assert not seen.customer_email
    assert (seen.span, seen.staff_member_ids) == (made.span, made.staff_member_ids)
    assert "jordanm" not in repr(await side.kept())


async def test_a_deleted_customer_is_gone(side: GraphSide) -> None:
    """And not there to be deleted again; the appointment keeps its own copy."""
    made = await book(side)
    await side.graph.delete_customer(MAILBOX, JORDAN, check=let_pass)
    with pytest.raises(Missing):
        await side.graph.customer(MAILBOX, JORDAN)
    for unknown in (JORDAN, NOBODY):
        with pytest.raises(Missing):
            await side.graph.delete_customer(MAILBOX, unknown, check=let_pass)
    (seat,) = (await side.graph.appointment(MAILBOX, made.id)).attendees
    assert seat.email == "jordanm@contoso.com"


async def test_graph_may_refuse_to_delete_a_customer(side: GraphSide) -> None:
    """With 500; the DELETE is sent once."""
    await side.arm("delete_customer", Trouble(500))
    with pytest.raises(Unavailable):
        await side.graph.delete_customer(MAILBOX, JORDAN, check=let_pass)
    assert await side.calls("delete_customer") == 1
    assert (await side.graph.customer(MAILBOX, JORDAN)).id == JORDAN


async def test_a_link_of_elsewhere_is_followed_nowhere(side: GraphSide) -> None:
    """A stored link that Graph refuses raises what says that the call was not understood."""
    await side.arm("customers_page", Trouble(400))
    with pytest.raises(Rejected):
        await side.graph.customers_page(MAILBOX, None)
