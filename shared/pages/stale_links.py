"""Whether a time that a link names can still be chosen, and if not, why, before anybody types anything."""

from collections.abc import Iterable
from datetime import datetime

from shared.domain.intervals import on_grid
from shared.domain.model import Catalogue, Service
from shared.domain.roster import effective_policy
from shared.domain.slots import Slot
from shared.domain.zones import iana_zone


def why_not(
    catalogue: Catalogue, service: Service, start: datetime, now: datetime, free: Iterable[Slot]
) -> str | None:
    """The key of what to say of a start, None where it is among the `free` ones.

    It names a rule that needs nobody's calendar; whatever else is in the way, the time is not free.
    """
    if any(slot.start == start for slot in free):
        return None
    policy, zone = effective_policy(catalogue.business, service), iana_zone(catalogue.business.time_zone)
    if start < now + policy.minimum_lead_time:
        return "code.too-soon"
    if start > now + policy.maximum_advance:
        return "code.too-far"
    return "code.slot-taken" if on_grid(start, policy.time_slot_interval, zone) else "code.off-grid"
