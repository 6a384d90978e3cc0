"""Every contested behaviour of Graph Bookings as a named switch; COVERAGE.md says what speaks for each."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


def _choice(default: str, *others: str) -> str:
    chosen: str = field(default=default, metadata={"choices": (default, *others)})
    return chosen


@dataclass(slots=True)
class Switches:
    """The present weather; durations in seconds, None switches a limit off."""

    strict_roles: bool = True
    missing_role_status: int = 403
    concurrency_limit: int | None = 4
    throttle_retry_after: float | None = 0.5
    throttle_lengthens: bool = False
    latency: float = 0.0
    visibility_delay: float = 0.0
    page_size: int = 100
    calendar_page_size: int = 10
    maximum_page_size: int = 999
    lists_filled: bool = False
    select: str = _choice("ignored", "honoured")
    customer_ids: str = _choice("guid", "base64")
    conflict: str = _choice("create", "500", "500-but-created")
    post_customers_limit: int | None = 4
    capacity_check: bool = False
    customer_without_id: str = _choice("new", "synthetic")
    drop_unknown_customers: bool = True
    notes_with_existing_customer: str = _choice("dropped", "kept")
    odata_type_status: int = 400
    check_answers: bool = True
    patch_checks_answers: bool = True
    omitted_defaults: str = _choice("zero", "service")
    reject_by_time_of_day: bool = False
    customer_time_zone: str = _choice("stored", "blanked")
    customer_zones: str = _choice("documented", "any")
    appointment_iana_zones: bool = True
    delete_sends_mail: bool = True
    delete_heeds_opt_out: bool = True
    delete_customer_status: int = 204
    staff_required: bool = False
    settling: float = 0.0
    questions_readable: bool = True
    reminder_offsets: str = _choice("negative", "positive")
    buffers_in_view: bool = False
    refused_staff: str = ""
    availability_wrapper: str = _choice("value", "staffAvailabilityItem")
    availability_casing: str = _choice("camel", "pascal")
    availability_zone: str = _choice("utc", "windows", "display")
    availability_rejects_iana: bool = True
    availability_minimum_span: float = 1800.0
    availability_out_of_hours: bool = False
    group_buffers: str = _choice("slotsAvailable", "busy")
    bug_narrow_window: bool = False
    bug_narrow_window_span: float = 7200.0
    bug_overlap_truncation: bool = False
    bug_missing_personal_busy: bool = False

    def update(self, changes: Mapping[str, Any]) -> None:
        """Set some switches, or none of them: ValueError on an unknown name, type or choice."""
        known = {each.name: each for each in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"no switch is called {name!r}; there are {', '.join(sorted(known))}")
            _check(name, value, known[name].default, known[name].metadata.get("choices"))
        for name, value in changes.items():
            setattr(self, name, value)

    def describe(self) -> dict[str, Any]:
        """All switches with their present values."""
        return asdict(self)


_OPTIONAL = {"concurrency_limit", "throttle_retry_after", "post_customers_limit"}


def _check(name: str, value: object, default: object, choices: tuple[str, ...] | None) -> None:
    if choices is not None:
        if value not in choices:
            raise ValueError(f"{name} is one of {', '.join(choices)}, not {value!r}")
        return
    if value is None and name in _OPTIONAL:
        return
    wanted: tuple[type, ...] = (int, float) if isinstance(default, float) else (type(default),)
    if not isinstance(value, wanted) or isinstance(value, bool) != isinstance(default, bool):
        raise ValueError(f"{name} is a {type(default).__name__}, not {value!r}")
