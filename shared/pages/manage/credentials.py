"""How a booking is opened: its reference and its token, typed in, pasted, or sent by our own pages."""

import re
from dataclasses import dataclass

from shared.api.requests.forms import Form

LINK = re.compile(r"(BK-[0-9A-Z]{8})\.([\w-]{1,128})", re.ASCII)
"""What stands behind the `#` of a booking's link."""

MOST = 128


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody says opens a booking; both are empty where nothing was said."""

    reference: str = ""
    token: str = ""

    @classmethod
    def of(cls, form: Form) -> "Credentials":
        """Those of a form, each of at most 128 characters; a whole link may stand for either of them."""
        reference, token = (re.sub(r"\s+", "", form[name]) for name in ("reference", "token"))
        for text in (token, reference):
            found = LINK.search(text)
            if found is not None:
                return cls(found[1], found[2])
        return cls(reference.upper()[:MOST], token if len(token) <= MOST else "")
