"""All the stores of a deployment on Azure Table Storage, behind one connection."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.booking.ports import Stores

if TYPE_CHECKING:  # the SDK takes time to load, and STORE=memory never needs it
    from shared.tables.boards import TableBoards
    from shared.tables.service import Credential, TableService, Transport


@dataclass(frozen=True, slots=True)
class TableStores(Stores):
    """The stores, and what opens and closes them."""

    boards: "TableBoards"
    service: "TableService" = field(repr=False)

    async def create_tables(self) -> None:
        """Make the tables that are not there yet; without it the first call that misses one does so."""
        await self.service.create_tables()

    async def aclose(self) -> None:
        """Close the connections; the credential stays open."""
        await self.service.aclose()


def open_table_stores(
    endpoint: str,
    credential: "Credential",
    prefix: str = "bookings",
    transport: "Transport | None" = None,
) -> TableStores:
    """The stores in the tables whose names begin with `prefix` (letters and digits).

    `endpoint` is the account's table endpoint, `https://<account>.table.core.windows.net`; a token
    credential needs https and the role Storage Table Data Contributor. No call is made here.
    """
    from shared.tables.boards import TableBoards  # noqa: PLC0415 (see above)
    from shared.tables.bookings import TableBookings  # noqa: PLC0415
    from shared.tables.counters import TableCounters  # noqa: PLC0415
    from shared.tables.customers import TableCustomers  # noqa: PLC0415
    from shared.tables.erasures import TableErasures  # noqa: PLC0415
    from shared.tables.idempotency import TableIdempotency  # noqa: PLC0415
    from shared.tables.ledger import TableLedger  # noqa: PLC0415
    from shared.tables.locks import TableLocks  # noqa: PLC0415
    from shared.tables.once import TableOnce  # noqa: PLC0415
    from shared.tables.service import TableService  # noqa: PLC0415
    from shared.tables.table import Table  # noqa: PLC0415

    service = TableService(endpoint, credential, prefix, transport)
    return TableStores(
        idempotency=TableIdempotency(Table(service, "idempotency")),
        locks=TableLocks(Table(service, "locks")),
        customers=TableCustomers(Table(service, "customers")),
        ledger=TableLedger(Table(service, "ledger")),
        bookings=TableBookings(Table(service, "rows")),
        counters=TableCounters(Table(service, "counters")),
        once=TableOnce(Table(service, "once")),
        erasures=TableErasures(Table(service, "erasures")),
        boards=TableBoards(Table(service, "boards")),
        service=service,
    )
