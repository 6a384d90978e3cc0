"""Who sat in an appointment before a list was written, kept sealed until the write has ended.

Graph drops whoever's record the staff have deleted, with everything that it knew of that person. A worker
that dies directly after such a write takes the only other copy along; with this one somebody else can put
the person back.
"""

import json
from collections.abc import Iterable

from shared.booking.create.plan import includes
from shared.booking.sealing import Sealer
from shared.domain.addresses import same_email
from shared.domain.model import Appointment, Attendee


def sealed(attendees: Iterable[Attendee], sealer: Sealer) -> str | None:
    """The attendees, sealed; None where there are none."""
    people = [
        {"id": one.customer_id, "name": one.name, "email": one.email, "source": one.source}
        for one in attendees
    ]
    return sealer.seal(json.dumps(people)) if people else None


def unsealed(text: str | None, sealer: Sealer) -> tuple[Attendee, ...]:
    """The attendees that were sealed; none where they cannot be read any more."""
    opened = None if text is None else sealer.unseal(text)
    return tuple(
        Attendee(one["id"], one["name"], one["email"], source=one["source"])
        for one in json.loads(opened or "[]")
    )


def is_seated(appointment: Appointment, one: Attendee) -> bool:
    """Whether an attendee of before is in the appointment: by the record, without one by the address."""
    if one.customer_id:
        return includes(appointment, one.customer_id)
    return any(same_email(other.email, one.email) for other in appointment.attendees)
