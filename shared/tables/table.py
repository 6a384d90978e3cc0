"""One table: each method is one call when all goes well, and every write can be told from a stranger's."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar
from uuid import uuid4

from azure.core import MatchConditions
from azure.data.tables import TableEntity, TransactionOperation, UpdateMode
from azure.data.tables.aio import TableClient

from shared.booking.ports import AlreadyExists, Changed
from shared.tables.keys import Key
from shared.tables.service import Answered, TableService, unavailable

T = TypeVar("T")

Values = Mapping[str, Any]

BATCH = 100
"""Entities in a transaction: the storage's own limit."""

PAGE = 500
AT_ONCE = 4
"""Transactions under way at a time."""

STAMP = "Stamp"
"""Marks each conditional write, so that its author knows it again."""

KEYS_AND_VERSION = ["PartitionKey", "RowKey", "Timestamp"]


Write = tuple[TransactionOperation, Key, Values]
"""One write of several: what it does, to which entity, with which values."""


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of at most `size`."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def version_of(entity: TableEntity) -> str:
    """The etag with which the entity was read."""
    return str(entity.metadata["etag"])


class Table:
    """A table of one kind of entity; every method raises StoreUnavailable."""

    def __init__(self, service: TableService, kind: str) -> None:
        self._service = service
        self._kind = kind

    async def insert(self, key: Key, values: Values) -> str:
        """Store a new entity and return its etag; raises AlreadyExists."""
        entity = _stamped(key, values)
        try:
            written = await self._call("insert", lambda client: client.create_entity(entity))
        except Answered as answer:
            return await self._own(key, entity, answer, AlreadyExists)
        return str(written["etag"])

    async def replace(self, key: Key, values: Values, version: str) -> str:
        """Overwrite exactly this version of an entity and return the new etag; raises Changed."""
        entity = _stamped(key, values)
        condition: dict[str, Any] = {"etag": version, "match_condition": MatchConditions.IfNotModified}
        try:
            written = await self._call(
                "replace", lambda client: client.update_entity(entity, UpdateMode.REPLACE, **condition)
            )
        except Answered as answer:
            return await self._own(key, entity, answer, Changed)
        return str(written["etag"])

    async def write_together(self, key: Key, writes: Sequence["Write"], version: str | None) -> str:
        """Several writes in one partition, all or none; returns the etag of the first, the entity of `key`.

        Without a `version` that one is new, else exactly this version is replaced. Raises AlreadyExists
        and Changed.
        """
        operations: list[Any] = [(verb, _stamped(each, values)) for verb, each, values in writes]
        entity = operations[0][1]
        if version is not None:
            condition = {"etag": version, "match_condition": MatchConditions.IfNotModified}
            operations[0] = (*operations[0], {"mode": UpdateMode.REPLACE, **condition})
        try:
            written = await self._call("writeTogether", lambda client: client.submit_transaction(operations))
        except Answered as answer:
            return await self._own(key, entity, answer, AlreadyExists if version is None else Changed)
        return str(written[0]["etag"])

    async def upsert(self, key: Key, values: Values) -> None:
        """Store an entity, whatever was there."""
        entity = _entity(key, values)
        await self._sure("upsert", lambda client: client.upsert_entity(entity, UpdateMode.REPLACE))

    async def insert_missing(self, entities: Mapping[Key, Values]) -> None:
        """Store those entities that are not there yet; a hundred of a partition in one call."""
        by_partition: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for key, values in entities.items():
            by_partition[key.partition].append(_entity(key, values))
        transactions = [batch for group in by_partition.values() for batch in batches(group, BATCH)]
        for wave in batches(transactions, AT_ONCE):
            results = await asyncio.gather(*map(self._insert_batch, wave), return_exceptions=True)
            for error in filter(None, results):
                raise error

    async def get(self, key: Key) -> TableEntity | None:
        """The entity, if there."""
        try:
            return await self._call("get", lambda client: client.get_entity(key.partition, key.row))
        except Answered:
            return None

    async def delete(self, key: Key, version: str | None = None) -> bool:
        """Remove an entity, where a version is given exactly that; False where it is another now."""
        condition: dict[str, Any] = {}
        if version is not None:
            condition = {"etag": version, "match_condition": MatchConditions.IfNotModified}
        try:
            await self._call(
                "delete", lambda client: client.delete_entity(key.partition, key.row, **condition)
            )
        except Answered:
            return False
        return True

    async def pages(
        self, query: str, values: Values, select: Sequence[str] | None = None
    ) -> AsyncIterator[list[TableEntity]]:
        """The entities that match, page by page; `values` stand for the `@names` in the query."""
        token: Any = None
        while True:
            page, token = await self._page(query, values, select, token)
            yield page
            if not token:
                return

    async def sweep(self, query: str, values: Values) -> int:
        """Delete the entities that match, each only as it was found; returns how many."""
        swept = 0
        async for page in self.pages(query, values, KEYS_AND_VERSION):
            by_partition: defaultdict[str, list[TableEntity]] = defaultdict(list)
            for entity in page:
                by_partition[entity["PartitionKey"]].append(entity)
            for group in by_partition.values():
                for batch in batches(group, BATCH):
                    swept += await self._delete_batch(batch)
        return swept

    async def _own(self, key: Key, entity: Values, answer: Answered, stranger: type[Exception]) -> str:
        """The etag of a write that was done by a try whose answer was lost; else raises `stranger`."""
        found = await self.get(key) if answer.is_echo else None
        if found is None or found.get(STAMP) != entity[STAMP]:
            raise stranger from answer
        return version_of(found)

    async def _insert_batch(self, entities: list[dict[str, Any]]) -> None:
        """One transaction; where one of its entities is there already, one call for each."""
        operations = [(TransactionOperation.CREATE, entity) for entity in entities]
        try:
            await self._call("insertMany", lambda client: client.submit_transaction(operations))
        except Answered:
            for entity in entities:
                await self._insert_if_missing(entity)

    async def _insert_if_missing(self, entity: dict[str, Any]) -> None:
        try:
            await self._call("insert", lambda client: client.create_entity(entity))
        except Answered:
            return

    async def _delete_batch(self, entities: list[TableEntity]) -> int:
        """One transaction; where one of its entities has changed meanwhile, one call for each."""
        operations = [
            (
                TransactionOperation.DELETE,
                entity,
                {"etag": version_of(entity), "match_condition": MatchConditions.IfNotModified},
            )
            for entity in entities
        ]
        try:
            await self._call("deleteMany", lambda client: client.submit_transaction(operations))
        except Answered:
            keys = [Key(entity["PartitionKey"], entity["RowKey"]) for entity in entities]
            return sum(
                [
                    await self.delete(key, version_of(entity))
                    for key, entity in zip(keys, entities, strict=True)
                ]
            )
        return len(entities)

    async def _page(
        self, query: str, values: Values, select: Sequence[str] | None, token: object
    ) -> tuple[list[TableEntity], object]:
        async def read(client: TableClient) -> tuple[list[TableEntity], object]:
            pages: Any = client.query_entities(
                query,
                parameters=dict(values),
                results_per_page=PAGE,
                select=list(select) if select else None,
            ).by_page(token)  # type: ignore[arg-type]
            page = [entity async for entity in await anext(pages)]
            return page, pages.continuation_token

        return await self._sure("query", read)

    async def _sure(self, verb: str, do: Callable[[TableClient], Awaitable[T]]) -> T:
        """A call that no 404, 409 or 412 belongs to; such an answer means a storage out of order."""
        try:
            return await self._call(verb, do)
        except Answered as answer:
            raise unavailable(f"{self._kind}.{verb}", f"{answer.status}") from answer

    async def _call(self, verb: str, do: Callable[[TableClient], Awaitable[T]]) -> T:
        return await self._service.call(self._kind, verb, do)


def _entity(key: Key, values: Values) -> dict[str, Any]:
    return {"PartitionKey": key.partition, "RowKey": key.row, **values}


def _stamped(key: Key, values: Values) -> dict[str, Any]:
    return {**_entity(key, values), STAMP: uuid4().hex}
