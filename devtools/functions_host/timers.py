"""Timer triggers: NCRONTAB schedules in UTC, and one loop for each."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

from azure.functions.timer import TimerRequest

from devtools.functions_host.declarations import TimerFunction
from devtools.functions_host.errors import StartError

Fire = Callable[[TimerFunction, TimerRequest], Awaitable[None]]
Clock = Callable[[], datetime]
_FIELDS: Final = (5, 6)  # without and with a field of seconds
_LONGEST_SLEEP: Final = 60.0  # the wall clock may be set meanwhile, so it is looked at once a minute


def utc_now() -> datetime:
    """The instant now, in UTC."""
    return datetime.now(UTC)


def next_occurrence(schedule: str, after: datetime) -> datetime:
    """The first time after `after` that a five- or six-field NCRONTAB expression names, in UTC.

    A day must satisfy the day of the month and the day of the week, both (cron itself would take either).
    Raises StartError where the expression is not valid or never comes.
    """
    # Only an app with timers pays for the import.
    from croniter import croniter  # noqa: PLC0415
    from croniter.croniter import CroniterError  # noqa: PLC0415

    fields = len(schedule.split())
    if fields not in _FIELDS:
        raise StartError(f"timer schedule {schedule!r} has {fields} fields; NCRONTAB has 5 or 6")
    expression = schedule if fields == max(_FIELDS) else f"0 {schedule}"
    try:
        found: datetime = croniter(expression, after, second_at_beginning=True, day_or=False).get_next(
            datetime
        )
    except (CroniterError, ValueError) as error:
        raise StartError(
            f"timer schedule {schedule!r} is not a valid NCRONTAB expression: {error}"
        ) from error
    return found


def timer_request(last: datetime | None, upcoming: datetime) -> TimerRequest:
    """The argument of a timer function."""
    status = {
        "Last": last.isoformat() if last else "0001-01-01T00:00:00+00:00",
        "Next": upcoming.isoformat(),
        "LastUpdated": (last or upcoming).isoformat(),
    }
    return TimerRequest(past_due=False, schedule_status=status, schedule={"AdjustForDST": True})


async def _sleep_until(due: datetime, clock: Clock) -> None:
    while (remaining := (due - clock()).total_seconds()) > 0:  # noqa: ASYNC110 - time is what is waited for
        await asyncio.sleep(min(remaining, _LONGEST_SLEEP))


async def run_timer(function: TimerFunction, fire: Fire, clock: Clock = utc_now) -> None:
    """Fire a function at each of its times until cancelled; a run that is still going is never doubled."""
    last: datetime | None = None
    if function.run_on_startup:
        last = clock()
        await fire(function, timer_request(None, next_occurrence(function.schedule, last)))
    while True:
        due = next_occurrence(function.schedule, clock())
        await _sleep_until(due, clock)
        await fire(function, timer_request(last, next_occurrence(function.schedule, due)))
        last = due
