"""What the page for forms without a proof sends along: everything that was typed, a key and a permission."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import azure.functions as func

from shared.api.admission.permission import Permissions
from shared.api.admission.visitors import ChallengeScope
from shared.api.requests.forms import CONTROL, PROOFS, Form, form_key

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
    """Makes them; `new_key` gives a key of our own; no `permissions` where a button alone never books."""

    new_key: Callable[[], str]
    permissions: Permissions | None

    def __call__(
        self, request: func.HttpRequest, form: Form, page: "PageRequest", scope: ChallengeScope
    ) -> Sent:
        """What goes along with this form; a key is made where it came without one."""
        typed = {name: value for name, value in form.fields.items() if name not in TOLD_ANEW}
        shown = {name: page.kept[name] for name in ("theme", "embed") if name in page.kept}
        key = form_key(request, form) or self.new_key()
        permission = self.permissions.issue(scope, form.proof) if self.permissions else ""
        return Sent({**typed, **shown, "lang": page.t.tag, "idempotencyKey": key}, permission)
