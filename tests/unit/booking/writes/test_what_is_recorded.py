"""What the record of a request keeps: the twins that were seen, once, and what its answer said."""

import pytest

from shared.booking.records import Answered
from tests.support.shop import REQUEST, Shop, an_appointment, attempt_of
from tests.support.virtually import virtually


@pytest.mark.parametrize("has_attempt", [True, False])
@virtually
async def test_what_is_known_of_twins_already_is_not_written_again(has_attempt: bool) -> None:
    """Two are recorded once; one alone is no twin, and without an attempt there is nothing to tell."""
    shop = Shop()
    lease = await shop.lease()
    twins = (an_appointment(id="made"), an_appointment(id="twin"))
    if has_attempt:
        await lease.attempt(attempt_of(an_appointment(), "customer", shop.clock()))
        await shop.writing(lease).note_twins(twins)
        assert lease.record.attempt is not None
        assert lease.record.attempt.twins == ("made", "twin")
    before = lease.record.version

    await shop.writing(lease).note_twins(twins)
    await shop.writing(lease).note_twins(twins[:1])

    assert lease.record.version == before


@virtually
async def test_a_record_that_is_complete_knows_what_its_answer_said() -> None:
    """A replay is true as long as that stands."""
    shop, made = Shop(), an_appointment()
    lease = await shop.lease(attempt=attempt_of(made, "customer", shop.clock()))
    said = Answered(shop.clock(), made.span, made.staff_member_ids)

    await lease.complete("answer", made.id, said)

    stored = await shop.stores.idempotency.get(REQUEST.key)
    assert stored is not None
    assert stored.answered == said
