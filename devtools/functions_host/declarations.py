"""What a function app declares, read through `app.get_functions()`."""

import inspect
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from devtools.functions_host.errors import StartError
from devtools.functions_host.routes import RouteTemplate, parse_template

log = logging.getLogger("functions_host")


class FunctionApp(Protocol):
    """The part of `azure.functions.FunctionApp` that the host reads."""

    def get_functions(self) -> Sequence[Any]:
        """List what the app declares."""
        ...


@dataclass(frozen=True, slots=True)
class Function:
    """One declared function; `argument` is the parameter that receives what triggered it."""

    name: str
    call: Callable[..., Any]
    argument: str
    wants_context: bool

    @property
    def is_async(self) -> bool:
        """Whether calling the function gives a coroutine."""
        return inspect.iscoroutinefunction(self.call)


@dataclass(frozen=True, slots=True)
class HttpFunction(Function):
    """A function behind a route; `methods` is None where every method is served."""

    template: RouteTemplate
    methods: frozenset[str] | None
    auth_level: str


@dataclass(frozen=True, slots=True)
class TimerFunction(Function):
    """A function run by a clock; `schedule` is an NCRONTAB expression in UTC."""

    schedule: str
    run_on_startup: bool


@dataclass(frozen=True, slots=True)
class Declared:
    """All functions of an app, ordered by name without regard to case."""

    http: tuple[HttpFunction, ...]
    timers: tuple[TimerFunction, ...]


def read_declarations(app: FunctionApp, route_prefix: str, environ: Mapping[str, str]) -> Declared:
    """Index an app as the worker and the host do.

    `%NAME%` in a schedule is read from `environ`. Raises StartError for what cannot be served. A trigger
    other than HTTP and timer is left out with a warning: this host has no queue, blob or event to fire it.
    """
    if getattr(app, "functions_bindings", None):
        # The library collects the names to find duplicates, and would take a second indexing for one.
        app.functions_bindings = {}  # type: ignore[attr-defined]
    functions = sorted(app.get_functions(), key=lambda item: str(item.get_function_name()).lower())
    http, timers = [], []
    for function in functions:
        trigger = _trigger_of(function)
        match trigger["type"]:
            case "httpTrigger":
                http.append(_http_function(function, trigger, route_prefix))
            case "timerTrigger":
                timers.append(_timer_function(function, trigger, environ))
            case kind:
                log.warning("function %s is not served: no %s here", function.get_function_name(), kind)
    return Declared(tuple(http), tuple(timers))


def _trigger_of(function: Any) -> dict[str, Any]:  # noqa: ANN401 - the library's own type
    trigger = function.get_trigger()
    if trigger is None:
        raise StartError(f"function {function.get_function_name()} has no trigger")
    return {key: _plain(value) for key, value in trigger.get_dict_repr().items()}


def _plain(value: object) -> object:
    return value.value if isinstance(value, Enum) else value


def _call_shape(function: Any, trigger: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - as above
    """Check the parameters as the worker does when it loads a function."""
    name, call = str(function.get_function_name()), function.get_user_function()
    known = {binding.get_dict_repr()["name"] for binding in function.get_bindings()}
    extra = known - {trigger["name"], "$return"}
    if extra:
        raise StartError(f"function {name}: binding {', '.join(sorted(extra))} is not supported here")
    parameters = set(inspect.signature(call).parameters)
    if trigger["name"] not in parameters:
        raise StartError(f"function {name} does not take its trigger {trigger['name']!r}")
    unknown = parameters - {trigger["name"], "context"}
    if unknown:
        raise StartError(f"function {name} has parameters without a binding: {', '.join(sorted(unknown))}")
    return {
        "name": name,
        "call": call,
        "argument": trigger["name"],
        "wants_context": "context" in parameters and trigger["name"] != "context",
    }


def _http_function(function: Any, trigger: Mapping[str, Any], prefix: str) -> HttpFunction:  # noqa: ANN401
    shape = _call_shape(function, trigger)
    route = trigger.get("route") or shape["name"]
    if route.startswith("/"):
        raise StartError(f"function {shape['name']}: route {route!r} must not start with '/'")
    methods = trigger.get("methods")
    return HttpFunction(
        **shape,
        template=parse_template(f"{prefix}/{route}" if prefix else route),
        methods=frozenset(str(_plain(method)).upper() for method in methods) if methods else None,
        auth_level=str(trigger.get("authLevel") or "function").lower(),
    )


def _timer_function(
    function: Any,  # noqa: ANN401 - as above
    trigger: Mapping[str, Any],
    environ: Mapping[str, str],
) -> TimerFunction:
    schedule = str(trigger["schedule"])
    if schedule.startswith("%") and schedule.endswith("%"):
        setting = schedule.strip("%")
        if setting not in environ:
            raise StartError(f"the schedule of {function.get_function_name()} needs the setting {setting}")
        schedule = environ[setting]
    return TimerFunction(
        **_call_shape(function, trigger),
        schedule=schedule,
        run_on_startup=bool(trigger.get("runOnStartup")),
    )
