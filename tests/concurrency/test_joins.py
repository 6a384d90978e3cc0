"""Fifty customers for ten seats, at three processes at once."""

import asyncio
from pathlib import Path

import httpx
import pytest

from devtools.chaos import scene
from devtools.chaos.audit import audit
from devtools.chaos.clients import Clients
from devtools.chaos.cluster import Timings, running_cluster
from devtools.chaos.plan import PATIENT, Intent
from devtools.chaos.told import CONFIRMED, REFUSED
from devtools.graph_emulator.client import ControlClient
from tests.support.azurite_server import Azurite

CUSTOMERS, SEATS, PROCESSES = 50, 10, 3
FAIR = Timings(request_budget=20, graph_call=10, lock_wait=3, lock_life=60, list_lag=1)


def wishes() -> list[Intent]:
    """Fifty different customers who all want the same course."""
    course = scene.services(0)[0]
    start = scene.starts(scene.first_day())[4]
    return [
        Intent(
            number=number,
            business=scene.alias(0),
            service=course.id,
            start=start,
            email=f"guest{number}@example.com",
            staff_id=None,
            key=f"key-{number}",
            twins=1,
            patience=PATIENT,
            follows=False,
            leaves=False,
            checks=False,
        )
        for number in range(CUSTOMERS)
    ]


@pytest.mark.timeout(180)
async def test_fifty_customers_fill_ten_seats(tmp_path: Path, azurite: Azurite) -> None:
    """Ten get a 201 and are in the one appointment, forty get a 409, and nobody is in twice."""
    tables = {"STORE": "tables", "TABLES_ENDPOINT": azurite.endpoint, "HUMAN_CHECK": "off"}
    stores = {**tables, **azurite.environment}
    context = running_cluster(tmp_path, PROCESSES, FAIR, stores)
    cluster = await asyncio.to_thread(context.__enter__)
    try:
        async with ControlClient(cluster.emulator.root) as emulator, httpx.AsyncClient() as http:
            await emulator.reset(empty=True)
            seed = scene.seed({})
            seed["businesses"][0]["services"][0]["maximumAttendeesCount"] = SEATS
            await emulator.seed(**seed)
            clients = Clients(http, cluster.facades, seed=1, limit=120)
            told = await asyncio.gather(*(clients.book(wish) for wish in wishes()))
            businesses = (await emulator.state())["businesses"]
    finally:
        await asyncio.to_thread(context.__exit__, None, None, None)

    (made,) = businesses[scene.mailbox(scene.alias(0))]["appointments"]
    endings = [one.ending for one in told]
    assert (endings.count(CONFIRMED), endings.count(REFUSED)) == (SEATS, CUSTOMERS - SEATS)
    assert len({one["customerId"] for one in made["customers"]}) == SEATS
    assert audit(told, businesses) == []
