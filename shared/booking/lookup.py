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

    async def __call__(self, business: str, reference: str, token: str) -> IdempotencyRecord | None:
        """The record, None unless the token is this reference's own and the booking this business's."""
        key = self.hasher.key_of(token, reference)
        record = None if key is None else await self.records.get(key)
        if record is None or record.reference != reference:
            return None
        return record if record.attempt is None or record.attempt.business == business else None
