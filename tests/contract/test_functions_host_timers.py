"""Timer triggers of the local host: on time, by hand, and never twice at once."""
# ruff: noqa: ARG001 - what is called by the host takes what the host gives

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import azure.functions as func
import pytest

from devtools.functions_host.declarations import TimerFunction
from devtools.functions_host.errors import StartError
from devtools.functions_host.host import create_host
from devtools.functions_host.timers import next_occurrence, run_timer
from tests.contract.functions_host import new_app, serving

NOW = datetime(2026, 11, 21, 4, 14, 29, 500000, tzinfo=UTC)


def timer_app(schedule: str, called: Callable[[], None], *, on_startup: bool = False) -> func.FunctionApp:
    """An app with the one timer function `tick`."""
    app = new_app()

    @app.timer_trigger(arg_name="timer", schedule=schedule, run_on_startup=on_startup)
    async def tick(timer: func.TimerRequest) -> None:
        called()

    return app


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("*/2 * * * * *", "2026-11-21T04:14:30+00:00"),
        ("0 */5 * * * *", "2026-11-21T04:15:00+00:00"),
        ("*/5 * * * *", "2026-11-21T04:15:00+00:00"),
        ("0 30 9 * * 1-5", "2026-11-23T09:30:00+00:00"),
        ("0 30 9 * Jan Mon", "2027-01-04T09:30:00+00:00"),
        ("0 0 0 13 * FRI", "2027-08-13T00:00:00+00:00"),
    ],
)
def test_next_occurrence(schedule: str, expected: str) -> None:
    """A schedule names its next time in UTC; day of month and day of week must both fit."""
    assert next_occurrence(schedule, NOW).isoformat() == expected


@pytest.mark.parametrize(
    "schedule", ["", "* * *", "0 0 0 31 2 *", "61 * * * * *", "0 0 0 * * * 2026", "noon"]
)
def test_bad_schedule_stops_the_start(schedule: str) -> None:
    """A schedule that is no NCRONTAB expression, or never comes, is refused at the start."""
    with pytest.raises(StartError, match="timer schedule"):
        create_host(timer_app(schedule, lambda: None), environ={})


def test_schedule_from_a_setting() -> None:
    """`%NAME%` is read from the settings, and must be there."""
    app = timer_app("%SCHEDULE%", lambda: None)
    assert create_host(app, environ={"SCHEDULE": "0 * * * * *"}).declared.timers[0].schedule == "0 * * * * *"
    with pytest.raises(StartError, match="setting SCHEDULE"):
        create_host(app, environ={})


async def test_fires_on_time_and_never_twice_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A timer fires at its times; the times that pass during a long run are left out."""
    now, fired = [NOW], []

    async def sleep(seconds: float) -> None:
        now[0] += timedelta(seconds=seconds)

    async def fire(function: TimerFunction, request: func.TimerRequest) -> None:
        fired.append(now[0].second)
        if len(fired) == 2:
            now[0] += timedelta(seconds=5)
        if len(fired) == 4:
            raise asyncio.CancelledError

    monkeypatch.setattr(asyncio, "sleep", sleep)
    function = create_host(timer_app("*/2 * * * * *", lambda: None), environ={}).declared.timers[0]
    with pytest.raises(asyncio.CancelledError):
        await run_timer(function, fire, lambda: now[0])
    assert fired == [30, 32, 38, 40]


async def test_run_on_startup() -> None:
    """`run_on_startup` fires as the host starts, and stopping the host ends its loop."""
    fired = asyncio.Event()
    host = create_host(timer_app("0 0 0 1 1 *", fired.set, on_startup=True), environ={})
    before = asyncio.all_tasks()
    await host.start()
    await asyncio.wait_for(fired.wait(), 10)
    await host.stop()
    assert asyncio.all_tasks() == before


async def test_timers_can_be_left_out() -> None:
    """With `run_timers` off nothing fires by itself."""
    host = create_host(timer_app("* * * * * *", lambda: None), environ={}, run_timers=False)
    before = asyncio.all_tasks()
    await host.start()
    assert asyncio.all_tasks() == before
    await host.stop()


async def test_fire_by_hand() -> None:
    """POST /admin/functions/{name} answers 202 and runs the timer function, whatever the case of its name."""
    fired = asyncio.Event()
    async with serving(timer_app("0 0 0 1 1 *", fired.set)) as http:
        answer = await http.post("/admin/functions/TICK", json={"input": ""})
        await asyncio.wait_for(fired.wait(), 10)
        unknown = await http.post("/admin/functions/tock", json={})
        read = await http.get("/admin/functions/tick")
    assert [answer.status_code, unknown.status_code, read.status_code] == [202, 404, 404]


async def test_admin_routes_are_guarded() -> None:
    """With a master key the admin routes ask for it; without one they serve this machine alone."""
    app = timer_app("0 0 0 1 1 *", lambda: None)
    environ = {"FUNCTIONS_HOST_KEYS": json.dumps({"default": "d", "_master": "m"})}
    async with serving(app, environ=environ) as http:
        answers = [
            await http.get("/admin/host/status", headers={"x-functions-key": key} if key else {})
            for key in ("", "wrong", "d", "m")
        ]
        webhook = await http.post("/runtime/webhooks/anything")
        ping = await http.get("/admin/host/ping")
    async with serving(app, client="192.0.2.7") as http:
        remote = await http.get("/admin/host/status")
    assert [answer.status_code for answer in answers] == [401, 401, 403, 200]
    assert [answer.headers.get("www-authenticate") for answer in answers] == [None, None, "Bearer", None]
    assert [webhook.status_code, ping.status_code, remote.status_code] == [401, 200, 401]


async def test_a_timer_is_fired_with_json_alone() -> None:
    """A POST without a body of JSON is 415, as at the real host, and fires nothing."""
    fired: list[None] = []
    async with serving(timer_app("0 0 0 1 1 *", lambda: fired.append(None))) as http:
        assert (await http.post("/admin/functions/tick")).status_code == 415
        assert (await http.post("/admin/functions/tick", content=b"x")).status_code == 415
    assert fired == []


async def test_a_timer_that_dies_says_so(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else would tell: no run of it fails, it just never comes again."""

    async def broken(_function: TimerFunction, _fire: object) -> None:
        raise ValueError("the reason")

    monkeypatch.setattr("devtools.functions_host.host.run_timer", broken)
    host = create_host(timer_app("* * * * * *", lambda: None), environ={})
    await host.start()
    await host.finish()
    (record,) = [item for item in caplog.records if item.levelname == "CRITICAL"]
    assert "'Functions.tick' has died" in record.getMessage()
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "the reason"


async def test_a_timer_that_is_stopped_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """An end that was asked for is no death."""
    host = create_host(timer_app("0 0 0 1 1 *", lambda: None), environ={})
    await host.start()
    await host.stop()
    assert not [item for item in caplog.records if item.levelname == "CRITICAL"]


async def test_failure_does_not_end_the_timer() -> None:
    """A timer function that raises leaves the host as it was: it can be fired again."""
    fired: asyncio.Queue[None] = asyncio.Queue()

    def fail() -> None:
        fired.put_nowait(None)
        raise ValueError("the reason")

    async with serving(timer_app("0 0 0 1 1 *", fail)) as http:
        for _ in range(2):
            assert (await http.post("/admin/functions/tick", json={})).status_code == 202
            await asyncio.wait_for(fired.get(), 10)
