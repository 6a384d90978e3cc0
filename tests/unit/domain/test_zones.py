"""Local time over every clock change of every zone from 2024 to 2030."""

import subprocess
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.intervals import (
    ONE_DAY,
    Interval,
    LocalSpan,
    Timeline,
    day_span,
    grid,
    hours_timeline,
    local_day,
    on_grid,
)
from shared.domain.model import (
    AvailabilityStatus,
    Business,
    Catalogue,
    DayView,
    PolicySettings,
    Service,
    StaffAvailability,
    StaffMember,
)
from shared.domain.rules.context import ServiceCalendar
from shared.domain.slots import Slot, slots
from shared.domain.zones import AmbiguousLocalTime, NonexistentLocalTime, UnknownZone, iana_zone, to_utc

ROOT = Path(__file__).parents[3]
HALF_HOUR = timedelta(minutes=30)
CHICAGO = ZoneInfo("America/Chicago")
ALL_DAY = {day: (LocalSpan(time(), time()),) for day in range(7)}
ZONES = sorted(set(resources.files("tzdata").joinpath("zones").read_text("utf-8").split()) - {"Factory"})


@cache
def changes() -> tuple[tuple[str, datetime], ...]:
    """Every zone with each of its clock changes, found by looking at the offset of each day.

    Of names for one and the same zone there is one.
    """
    folder = resources.files("tzdata").joinpath("zoneinfo")
    zones = {folder.joinpath(*name.split("/")).read_bytes(): name for name in ZONES}
    return tuple((name, at) for name in zones.values() for at in _changes(ZoneInfo(name)))


def _changes(zone: ZoneInfo) -> Iterator[datetime]:
    days = [datetime(2024, 1, 1, tzinfo=UTC) + ONE_DAY * n for n in range(7 * 365 + 3)]
    offsets = [day.astimezone(zone).utcoffset() for day in days]
    minutes = range(24 * 60 + 1)
    for day, (before, after) in zip(days, pairwise(offsets), strict=False):
        if before != after:
            yield day + timedelta(minutes=bisect_left(minutes, 1, key=_is_over(day, zone, after)))


def _is_over(day: datetime, zone: ZoneInfo, after: timedelta | None) -> Callable[[int], bool]:
    """Whether the clocks have changed by this minute of a day in which they do so once."""
    return lambda minute: (day + timedelta(minutes=minute)).astimezone(zone).utcoffset() == after


def _jump(at: datetime, zone: ZoneInfo) -> tuple[timedelta, timedelta]:
    before, after = ((at - timedelta(minutes=n)).astimezone(zone).utcoffset() for n in (1, 0))
    assert before is not None
    assert after is not None
    return before, after


@cache
def distinct_changes() -> tuple[tuple[str, datetime], ...]:
    """The same, where zones that change at one instant between the same two offsets count as one."""
    found = {(at, *_jump(at, ZoneInfo(name))): name for name, at in changes()}
    return tuple((name, at) for (at, _, _), name in found.items())


def test_the_database_has_the_changes_that_this_is_about() -> None:
    """There are hundreds of names, and hundreds of changes in a year, of one hour, half an hour or more."""
    jumps = [_jump(at, ZoneInfo(name)) for name, at in changes()]
    sizes = {after - before for before, after in jumps}
    assert len(ZONES) > 500
    assert len(changes()) > 1500
    assert {HALF_HOUR, -HALF_HOUR, 2 * HALF_HOUR, -2 * HALF_HOUR} <= sizes


def test_days_follow_one_another_without_gap_or_overlap() -> None:
    """Around every change each instant lies in the one day that the clocks show, of 22 to 26 hours."""
    for name, at in changes():
        zone = ZoneInfo(name)
        days = [local_day(at, zone) + ONE_DAY * n for n in range(-2, 3)]
        spans = [day_span(day, zone) for day in days]
        assert all(a.end == b.start for a, b in pairwise(spans)), (name, at)
        assert all(timedelta(hours=22) <= span.length <= timedelta(hours=26) for span in spans), (name, at)
        for day, span in zip(days, spans, strict=True):
            shown = {local_day(span.start, zone), local_day(span.end - timedelta.resolution, zone)}
            assert shown == {day}, (name, at)


def test_the_grid_is_every_half_hour_that_the_clocks_show() -> None:
    """Around every change: nothing that the clocks skip, nothing twice, nothing left out."""
    quarter = timedelta(minutes=15)
    for name, at in changes():
        zone = ZoneInfo(name)
        for day in (local_day(at, zone) + ONE_DAY * n for n in (-1, 0)):
            span = day_span(day, zone)
            instants = [span.start + quarter * n for n in range(span.length // quarter)]
            shown = [i for i in instants if i.astimezone(zone).minute in (0, 30)]
            assert grid(day, HALF_HOUR, zone) == shown, (name, day)
            assert [i for i in instants if on_grid(i, HALF_HOUR, zone)] == shown, (name, day)


def test_slots_are_true_over_every_clock_change() -> None:
    """Each slot is a local time that exists, comes once, and is as long as the service in real time."""
    for name, at in distinct_changes():
        zone = ZoneInfo(name)
        span = Interval(at - timedelta(hours=14), at + timedelta(hours=14))
        found = [s for s in slots(_open_all_day(name, span), span) if isinstance(s, Slot)]
        starts = [slot.start for slot in found]
        assert starts == sorted(set(starts)), name
        assert len(found) >= 54, name
        shown = _shown(at, zone)
        for slot in found:
            local = slot.start.astimezone(zone).replace(tzinfo=None)
            assert slot.start in shown[local], (name, local)
            assert local.minute in (0, 30), (name, local)
            assert slot.end - slot.start == HALF_HOUR


def _shown(near: datetime, zone: ZoneInfo) -> dict[datetime, set[datetime]]:
    """What the clocks show at each quarter of an hour of the days around an instant, and when."""
    found: dict[datetime, set[datetime]] = {}
    for n in range(-48 * 4, 48 * 4):
        instant = near + timedelta(minutes=15) * n
        found.setdefault(instant.astimezone(zone).replace(tzinfo=None), set()).add(instant)
    return found


def _open_all_day(name: str, span: Interval) -> ServiceCalendar:
    policy = PolicySettings(HALF_HOUR, timedelta(), timedelta(days=9000), True)
    service = Service("s", "S", HALF_HOUR, staff_member_ids=("a",))
    catalogue = Catalogue(
        Business("b", "B", name, ALL_DAY, policy), {"s": service}, {"a": StaffMember("a", "A", name)}
    )
    wide = span.widened(ONE_DAY, ONE_DAY)
    view = DayView(wide, (), {"a": (StaffAvailability(AvailabilityStatus.AVAILABLE, wide),)})
    return ServiceCalendar.of(catalogue, service, view, wide.start)


def test_local_times_are_read_as_the_clocks_show_them() -> None:
    """Over every change: a time shown once is that instant, one skipped or shown twice is refused."""
    for name, at in distinct_changes():
        zone = ZoneInfo(name)
        shown = _shown(at, zone)
        rough = (at - timedelta(hours=6)).astimezone(zone).replace(tzinfo=None, minute=0, second=0)
        for quarters in range(-8, 8):
            local = rough + timedelta(minutes=45 * quarters)
            expected = shown.get(local, set())
            if len(expected) == 1:
                assert to_utc(local, zone) in expected, (name, local)
            else:
                refused = AmbiguousLocalTime if expected else NonexistentLocalTime
                with pytest.raises(refused):
                    to_utc(local, zone)


def test_nonexistent_local_time() -> None:
    """`nonexistent-local-time`: 2:30 on the morning on which the clocks go from 2:00 to 3:00."""
    with pytest.raises(NonexistentLocalTime) as refused:
        to_utc(datetime(2026, 3, 8, 2, 30), CHICAGO)  # noqa: DTZ001 - a local time has no zone yet
    assert refused.value.violation.code == "nonexistent-local-time"


def test_ambiguous_local_time() -> None:
    """`ambiguous-local-time`: 1:30 on the morning on which the clocks go from 2:00 back to 1:00."""
    with pytest.raises(AmbiguousLocalTime) as refused:
        to_utc(datetime(2026, 11, 1, 1, 30), CHICAGO)  # noqa: DTZ001 - a local time has no zone yet
    assert refused.value.violation.code == "ambiguous-local-time"


def test_an_offset_names_the_instant_whatever_the_zone_says() -> None:
    """1:30 with an offset is one of the two, even where the zone alone could not tell."""
    first = datetime.fromisoformat("2026-11-01T01:30:00-05:00")
    second = datetime.fromisoformat("2026-11-01T01:30:00-06:00")
    assert to_utc(first, CHICAGO) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    assert to_utc(second, CHICAGO) == datetime(2026, 11, 1, 7, 30, tzinfo=UTC)


def test_days_have_23_and_25_hours_where_they_must() -> None:
    """The two Sundays of Chicago's year 2026, and one of 24 hours between them."""
    days = (date(2026, 3, 8), date(2026, 6, 7), date(2026, 11, 1))
    assert [day_span(day, CHICAGO).length // timedelta(hours=1) for day in days] == [23, 24, 25]


@pytest.mark.parametrize(
    ("day", "opens", "closes", "expected"),
    [
        # From 2:00 to 3:00 there is nothing to be open in.
        (date(2026, 3, 8), time(2), time(3), []),
        # 2:30 is skipped: open from the moment of the change.
        (date(2026, 3, 8), time(2, 30), time(4), [("08:00", "09:00")]),
        # Closing at 2:30 means closing when the clocks jump.
        (date(2026, 3, 8), time(1), time(2, 30), [("07:00", "08:00")]),
        # 1:00 to 2:00 comes twice and is open both times.
        (date(2026, 11, 1), time(1), time(2), [("06:00", "08:00")]),
        # Closing at 1:30 means the first one.
        (date(2026, 11, 1), time(0), time(1, 30), [("05:00", "06:30")]),
    ],
)
def test_hours_on_the_days_of_clock_changes(
    day: date, opens: time, closes: time, expected: list[tuple[str, str]]
) -> None:
    """Opening and closing times that are skipped or come twice mean what the docstring says."""
    hours = {day.weekday(): (LocalSpan(opens, closes),)}
    found = hours_timeline(hours, CHICAGO, day, day)
    assert [(f"{i.start:%H:%M}", f"{i.end:%H:%M}") for i in found] == expected


def test_hours_until_midnight_and_beyond() -> None:
    """An end of 00:00 is the midnight after; an end before the start is in the next day."""
    tuesday, wednesday = date(2026, 6, 2), date(2026, 6, 3)
    hours = {1: (LocalSpan(time(20), time()),), 2: (LocalSpan(time(), time(1)), LocalSpan(time(22), time(2)))}
    found = list(hours_timeline(hours, ZoneInfo("UTC"), tuesday, wednesday))
    assert found == [
        Interval(datetime(2026, 6, 2, 20, tzinfo=UTC), datetime(2026, 6, 3, 1, tzinfo=UTC)),
        Interval(datetime(2026, 6, 3, 22, tzinfo=UTC), datetime(2026, 6, 4, tzinfo=UTC)),
    ]
    thursday = hours_timeline(hours, ZoneInfo("UTC"), date(2026, 6, 4), date(2026, 6, 4))
    assert thursday == Timeline(
        [Interval(datetime(2026, 6, 4, tzinfo=UTC), datetime(2026, 6, 4, 2, tzinfo=UTC))]
    )


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("America/Chicago", "America/Chicago"),
        ("UTC", "UTC"),
        (" Europe/Kyiv ", "Europe/Kyiv"),
        ("Central Standard Time", "America/Chicago"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("w. europe standard time", "Europe/Berlin"),
        ("India Standard Time", "Asia/Kolkata"),
        ("(UTC-08:00) Pacific Time (US & Canada)", "America/Los_Angeles"),
        ("(UTC) Coordinated Universal Time", "UTC"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Berlin"),
        ("(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", "Asia/Kolkata"),
        ("(UTC-06:00) Central Standard Time", "America/Chicago"),
        ("(UTC-03:00) Brasilia", "America/Sao_Paulo"),
        ("(GMT-03:00) Brasilia", "America/Sao_Paulo"),
        ("(utc-03:00) bras\u00edlia", "America/Sao_Paulo"),
        ("(UTC\u221203:00)\u00a0Brasilia", "America/Sao_Paulo"),
        ("Eastern Time (US & Canada)", "America/New_York"),
        ("(UTC-04:00) Georgetown, La Paz, Manaus, San Juan", "America/La_Paz"),
        ("(UTC-07:00) La Paz, Mazatlan", "America/Mazatlan"),
        ("(GMT-07:00) Chihuahua, La Paz, Mazatlan", "America/Mazatlan"),
        ("(UTC+13:00) Nuku\u2019alofa", "Pacific/Tongatapu"),
        ("(UTC+02:00) Istanbul", "Europe/Istanbul"),
        ("(UTC-04:30) Caracas", "America/Caracas"),
        ("(UTC+05:00) Astana", "Asia/Qyzylorda"),
        ("(UTC+01:00) Lisbon, Madrid", "Europe/London"),
        ("UTC-11", "Etc/GMT+11"),
        ("Mid-Atlantic Standard Time", "Etc/GMT+2"),
        ("tzone://Microsoft/Utc", "UTC"),
        ("america/chicago", "America/Chicago"),
        ("America/New York", "America/New_York"),
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("US/Pacific-New", "America/Los_Angeles"),
    ],
)
def test_names_of_zones(name: str, zone: str) -> None:
    """IANA names, Windows names and what Windows shows for them."""
    assert iana_zone(name).key == zone


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Mars/Olympus",
        "America",
        "../etc/passwd",
        "/etc/localtime",
        "localtime",
        "right/UTC",
        "posix/UTC",
        "Factory",
        "(UTC+09:00) Berlin",
        "(UTC+01:00) Nowhere",
        "(UTC+01:00) Brasilia",
        "(UTC-03:00)",
        "UTC-03:00",
        "tzone://Microsoft/Custom",
        "Customized Time Zone",
        "Brasilia, Brasilia",
        "x" * 101,
        "America/Chicago\0",
    ],
)
def test_names_that_are_no_zones(name: str) -> None:
    """Neither paths nor names whose meaning depends on the machine, nor cities far from the offset."""
    with pytest.raises(UnknownZone):
        iana_zone(name)


@given(st.text())
def test_any_text_is_a_zone_or_is_refused(name: str) -> None:
    """Whatever is sent, nothing but UnknownZone comes back."""
    with suppress(UnknownZone):
        assert isinstance(iana_zone(name), ZoneInfo)


FAKED = """
from datetime import UTC, datetime
from shared.domain.zones import iana_zone
print(datetime(2026, 6, 1, tzinfo=UTC).astimezone(iana_zone("America/Chicago")).utcoffset())
"""


def test_the_machine_s_own_zones_play_no_part(tmp_path: Path) -> None:
    """A machine whose database says that Chicago keeps Tokyo's time, or is years old, changes nothing."""
    tokyo = resources.files("tzdata").joinpath("zoneinfo/Asia/Tokyo").read_bytes()
    (tmp_path / "America").mkdir()
    (tmp_path / "America/Chicago").write_bytes(tokyo)
    run = subprocess.run(
        [sys.executable, "-c", FAKED],
        env={"PYTHONTZPATH": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    assert run.stdout.strip() == "-1 day, 19:00:00"


PROGRAM = """
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from shared.domain.intervals import Interval
from shared.domain.slots import slots
from tests.unit.domain.test_zones import _open_all_day

at = datetime(2026, 11, 1, 6, tzinfo=UTC)
span = Interval(at - timedelta(days=2), at + timedelta(days=2))
calendars = (_open_all_day(name, span) for name in ("America/Chicago", "Asia/Tokyo", "Europe/Paris"))
print(sha256(repr([list(slots(calendar, span, None, True)) for calendar in calendars]).encode()).hexdigest())
"""


def test_the_zone_of_the_process_plays_no_part() -> None:
    """The same slots to the letter in processes that run in Kiritimati, in New York and without a zone."""
    digests = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM], env={"TZ": zone}, cwd=ROOT, capture_output=True, check=True
        ).stdout
        for zone in ("Pacific/Kiritimati", "America/New_York", "")
    }
    assert len(digests) == 1
    assert len(digests.pop()) > 60
