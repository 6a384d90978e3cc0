"""What somebody sent in: the value of the body, and the key that names the request among its retries."""

from dataclasses import dataclass

import azure.functions as func

from shared.api.requests.forms import form_key, is_form, read_form
from shared.api.requests.json_body import read_json


@dataclass(frozen=True, slots=True)
class Submission:
    """A JSON value, whichever way it came, and the Idempotency-Key as it was sent."""

    value: object
    key: str | None


def json_submission(request: func.HttpRequest) -> Submission:
    """What a JSON body says; raises Problem 400, 413 and 415."""
    return Submission(read_json(request), request.headers.get("idempotency-key"))


def any_submission(request: func.HttpRequest) -> Submission:
    """What a JSON body or a form says; raises Problem 400, 413, 415 and 422."""
    if not is_form(request):
        return json_submission(request)
    form = read_form(request)
    return Submission(form.value(), form_key(request, form))
