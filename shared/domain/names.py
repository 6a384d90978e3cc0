"""Names that carry a message: what Microsoft mails for us must not be written by a stranger."""

import re
import unicodedata

HOST_AND_PATH = re.compile(r"\w\.(?:[^\W_][\w-]{1,62}|\d{1,3})(?::\d{1,5})?/")
"""Two labels of a host and the slash after them, each of them bounded, so that the search is linear."""

CARRIERS = ("://", "www.", "@")


def carries_a_link(name: str) -> bool:
    """Whether a name holds what mail programs make a link of, in whatever width its letters are written.

    `://`, `www.`, `@`, or a host that is followed by a path; `St.John` and `Smith/Jones` are names.
    """
    plain = unicodedata.normalize("NFKC", "".join(one for one in name if unicodedata.category(one) != "Cf"))
    return any(one in plain.lower() for one in CARRIERS) or HOST_AND_PATH.search(plain) is not None
