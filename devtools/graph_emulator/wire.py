"""Times, durations and ids in the form in which they travel."""

import base64
import binascii
import hashlib
import re
import uuid
from datetime import UTC, datetime, timedelta

from devtools.graph_emulator.zones import Zone, resolve

_DURATION = re.compile(r"(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?$")
_FRACTION = re.compile(r"(\.\d{6})\d+")
_NAMESPACE = uuid.UUID("6a1f9d5e-42fb-4c7e-9a0b-0d4f5b1c7e11")
ZERO_GUID = "00000000-0000-0000-0000-000000000000"


def utc_stamp(moment: datetime) -> str:
    """`2026-12-01T16:00:00.0000000Z`: seven decimals and a Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def utc_value(moment: datetime) -> dict[str, str]:
    """A dateTimeTimeZone in UTC, as every appointment shows its times."""
    return {"dateTime": utc_stamp(moment), "timeZone": "UTC"}


def zoned_value(moment: datetime, zone: Zone, name: str) -> dict[str, str]:
    """A dateTimeTimeZone in the zone's wall time, under the given name."""
    local = moment.astimezone(zone.rules)
    return {"dateTime": local.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0", "timeZone": name}


def read_moment(text: str, zone: Zone | None = None) -> datetime:
    """An instant in UTC from a text with an offset, or from a wall time in the zone; ValueError otherwise."""
    moment = datetime.fromisoformat(_FRACTION.sub(r"\1", text))
    if moment.tzinfo is None:
        if zone is None:
            raise ValueError("a time without an offset needs a zone")
        moment = moment.replace(tzinfo=zone.rules)
    return moment.astimezone(UTC)


def read_value(value: object) -> tuple[datetime, Zone]:
    """The instant and the zone of a dateTimeTimeZone; ValueError where either is unreadable."""
    if not isinstance(value, dict) or not isinstance(value.get("dateTime"), str):
        raise ValueError("not a dateTimeTimeZone")  # noqa: TRY004 - bad data, not a bad call
    zone = resolve(value.get("timeZone") or "UTC")
    if zone is None:
        raise ValueError(f"unknown time zone {value.get('timeZone')!r}")
    return read_moment(value["dateTime"], zone), zone


def read_duration(text: str) -> timedelta:
    """An ISO 8601 duration of days, hours, minutes and seconds; ValueError otherwise."""
    match = _DURATION.match(text)
    if match is None or text.endswith(("P", "T")):
        raise ValueError(f"not a duration: {text!r}")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    value = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -value if match.group(1) else value


def duration_text(value: timedelta) -> str:
    """The shortest ISO 8601 form: `PT30M`, `PT1H30M`, `P1D`, `PT0S`."""
    total = int(value.total_seconds())
    sign, total = ("-", -total) if total < 0 else ("", total)
    days, rest = divmod(total, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
    text = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return f"{sign}P{text}" if text else "PT0S"


def guid(kind: str, number: int) -> str:
    """The n-th id of its kind: the same in every run."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}-{number}"))


def item_id(number: int) -> str:
    """The n-th Outlook item id (`AAMk...=`), which has to be encoded in a URL."""
    digest = hashlib.sha512(f"appointment-{number}".encode()).digest()
    return "AAMkADKp" + base64.urlsafe_b64encode(digest[:62]).decode().rstrip("=") + "="


def base64_guid(text: str) -> str | None:
    """The GUID that a Base64 id carries, or None where it carries none."""
    try:
        padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
        return str(uuid.UUID(base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")))
    except (ValueError, binascii.Error):
        return None
