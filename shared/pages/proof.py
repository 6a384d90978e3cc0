"""What the page for forms without a proof sends along: everything that was typed, a key and a permission."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import azure.functions as func

from shared.api.admission.human_check import ChallengeScope
from shared.api.admission.permission import Permissions
from shared.api.requests.forms import CONTROL, PROOFS, Form, form_key
from shared.api.requests.own_key import own_key
from shared.booking.hashing import Hasher
from shared.booking.ports import NewId

if TYPE_CHECKING:
    from shared.pages.page_request import PageRequest

TOLD_ANEW = (CONTROL | {*PROOFS, "_charset_"}) - {"returnUrl"}
"""Fields that are not repeated as they came: about the page, the proof, or how the form was written."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The fields of the page's form, and the permission that its button stands for, empty for none."""

    fields: Mapping[str, str]
    permission: str


@dataclass(frozen=True, slots=True)
class ProofFields:
    """Makes them; `permissions` is None where a button alone never books."""

    hasher: Hasher
    new_id: NewId
    permissions: Permissions | None

    def __call__(
        self, request: func.HttpRequest, form: Form, page: "PageRequest", scope: ChallengeScope
    ) -> Sent:
        """What goes along with this form; a key is made where it came without one."""
        typed = {name: value for name, value in form.fields.items() if name not in TOLD_ANEW}
        shown = {name: page.kept[name] for name in ("theme", "embed") if name in page.kept}
        key = form_key(request, form) or own_key(self.hasher, self.new_id())
        permission = self.permissions.issue(scope, form.proof) if self.permissions else ""
        return Sent({**typed, **shown, "lang": page.t.tag, "idempotencyKey": key}, permission)
