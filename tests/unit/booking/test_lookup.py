"""A record is found by its token and its reference together."""

from tests.support.shop import REQUEST, Shop
from tests.support.virtually import virtually


@virtually
async def test_a_token_opens_its_own_record_alone() -> None:
    """Another reference, another token, or a record that is gone: nothing is there."""
    shop = Shop()
    lease = await shop.lease()
    find, token = shop.cases.find_booking, shop.cases.create_booking.token(REQUEST, lease.reference)

    assert await find(lease.reference, token) == lease.record
    assert await find("BK-00000000", token) is None
    assert await find(lease.reference, token[:-1]) is None
    other = shop.cases.hasher.token(REQUEST.key, "BK-00000000")
    assert await find("BK-00000000", other) is None
    assert await find(lease.reference, shop.cases.hasher.token("b1" * 32, lease.reference)) is None
