"""A booking's record, for whoever has its token."""

from dataclasses import dataclass

from shared.booking.ports import IdempotencyStore
from shared.booking.records import IdempotencyRecord
from shared.platform.hashes import Hasher


@dataclass(frozen=True, slots=True)
class FindBooking:
    """Finds the record that a token opens; raises StoreUnavailable."""

    records: IdempotencyStore
    hasher: Hasher

    async def __call__(self, reference: str, token: str) -> IdempotencyRecord | None:
        """The record, None unless the token is this reference's own."""
        key = self.hasher.key_of(token, reference)
        record = None if key is None else await self.records.get(key)
        return record if record is not None and record.reference == reference else None
