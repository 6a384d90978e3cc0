"""Collections in an answer: refused filters, `$top`, `$skip`, `$count` and the link to the next page."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from devtools.graph_emulator.errors import bad_request
from devtools.graph_emulator.exchange import Json, Reply, json_reply
from devtools.graph_emulator.world import Call

T = TypeVar("T")

_TOKEN = "$skiptoken"  # noqa: S105 (the name of a query option)


def refuse_filters(call: Call) -> None:
    """Bookings filters nothing: 400, with one text for dates and one for everything else."""
    clause = call.request.query.get("$filter")
    if clause is None:
        return
    if "datetime" in clause.lower() or clause.lower().startswith(("start", "end")):
        raise bad_request("This filter query is not supported.")
    name = clause.split(" ", 1)[0].rsplit("/", 1)[-1].lstrip("(")
    kind = call.route.operation.split(".", 1)[0]
    raise bad_request(
        f"Invalid filter clause: Could not find a property named '{name}' on type 'microsoft.graph.{kind}'."
    )


def page_reply(call: Call, values: Sequence[T], show: Callable[[T], Json], size: int, context: str) -> Reply:
    """One page; only what stands on it is brought into its wire form."""
    top = min(_number(call, "$top", size), call.switches.maximum_page_size) or size
    skip = _from_token(call) or _number(call, "$skip", 0)
    answer = call.context(context)
    if call.request.query.get("$count", "").lower() == "true":
        answer["@odata.count"] = len(values)
    answer["value"] = [select(call, show(value)) for value in values[skip : skip + top]]
    if skip + top < len(values):
        kept = {name: value for name, value in call.request.query.items() if name not in {"$skip", _TOKEN}}
        query = urlencode({**kept, _TOKEN: _token(skip + top)}, safe="$")
        answer["@odata.nextLink"] = f"{call.request.origin}{call.request.path}?{query}"
    return json_reply(200, answer)


def count_reply(number: int) -> Reply:
    """The answer to `/$count`: a bare number."""
    return Reply(200, str(number).encode(), "text/plain")


def select(call: Call, value: Json) -> Json:
    """The value, or with the switch `select` its chosen members and its id."""
    wanted = call.request.query.get("$select")
    if wanted is None or call.switches.select == "ignored":
        return value
    names = {name.strip() for name in wanted.split(",")} | {"id"}
    return {name: each for name, each in value.items() if name in names or name.startswith("@")}


def _token(skip: int) -> str:
    """What stands for the rest of a collection; it says nothing to whoever holds it."""
    return urlsafe_b64encode(f"rest-{skip}".encode()).decode()


def _from_token(call: Call) -> int:
    text = call.request.query.get(_TOKEN)
    if text is None:
        return 0
    try:
        return int(urlsafe_b64decode(text).decode().removeprefix("rest-"))
    except ValueError as error:
        raise bad_request(f"Invalid value for the query option '{_TOKEN}'.") from error


def _number(call: Call, name: str, default: int) -> int:
    text = call.request.query.get(name)
    if text is None:
        return default
    if not text.isdecimal():
        raise bad_request(f"Invalid value for the query option '{name}'.")
    return int(text)
