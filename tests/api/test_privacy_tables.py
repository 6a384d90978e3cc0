"""No table row holds what a visitor typed: the facade on Table Storage, and every row read afterwards."""

from typing import Any

from azure.data.tables.aio import TableClient

from shared.bootstrap import assemble, gateway, utc_now
from shared.settings import Settings
from shared.tables.service import KINDS
from shared.tables.stores import TableStores
from tests.api.test_privacy import betrayed, canary, write_everything
from tests.support.azurite_server import Azurite
from tests.support.facade import Facade, booking, environment, serve


async def rows(tables: TableStores, kind: str) -> list[dict[str, Any]]:
    """Every row of one table, keys included."""

    async def read(table: TableClient) -> list[dict[str, Any]]:
        return [dict(entity) async for entity in table.list_entities()]

    return await tables.service.call(kind, "list", read)


async def test_no_table_row_holds_what_a_visitor_typed(facade: Facade, azurite: Azurite) -> None:
    """Records, locks, the customer index, the ledger, counters and claims: ids, times and hashes alone."""
    settings = Settings.from_environ({**environment(facade.emulator), "BOOKING_SECRET": "s" * 32})
    async with azurite.stores() as tables:
        graph = gateway(settings)
        serve(facade.module, assemble(settings, graph, tables, utc_now))
        await write_everything(facade.http)
        answer = await facade.http.post(
            "/api/v1/businesses/contoso-lunch/bookings",
            json=booking(customer={"name": canary("name"), "email": f"{canary('mail')}@contoso.com"}),
            headers={"X-Forwarded-For": "203.0.113.77:4711"},
        )
        await graph.aclose()
        found = {kind: await rows(tables, kind) for kind in KINDS}

    assert answer.status_code == 201, answer.text
    assert all(found[kind] for kind in ("idempotency", "customers", "ledger", "counters"))
    assert betrayed(repr(found)) == []
