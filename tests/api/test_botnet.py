"""A small botnet at the real door: what the limits let in within an hour, and what that costs."""

import pytest

from bench.botnet import BEFORE, Attack, addresses_in
from shared.api.admission.rate_limits import HARDEST
from shared.domain.limits import limits

SMALL = {"address": {"minute": 10, "hour": 10}, "network": {"hour": 20}, "business": {"hour": 10}}


@pytest.mark.parametrize("networks", [2, 4])
async def test_networks_bound_what_many_addresses_get(networks: int) -> None:
    """Twelve addresses in each network get no more in than the network may; before, each had its own."""
    addresses = addresses_in(networks, 12 * networks)
    assert len(set(addresses)) == 12 * networks
    today = await Attack(limits(SMALL), 0.35).run(addresses)
    before = await Attack({**BEFORE, "address": SMALL["address"]}, 0.35).run(addresses)
    assert (today.let_in, before.let_in) == (20 * networks, 120 * networks)


async def test_a_flood_pays_more_for_each_booking() -> None:
    """Above the ceiling of the business the work grows, up to its bound."""
    wide = limits({name: {"minute": None, "hour": None, "day": None} for name in ("address", "network")})
    toll = await Attack(wide, 1.0).run(addresses_in(2, 2))
    cheap = await Attack({**BEFORE, "address": {"hour": 500}}, 1.0).run(addresses_in(2, 2))
    assert cheap.let_in == 1000
    assert cheap.core_seconds / cheap.let_in == pytest.approx(1.0, abs=0.01)
    assert toll.core_seconds / toll.let_in > HARDEST / 2
