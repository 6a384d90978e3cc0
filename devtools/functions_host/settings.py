"""host.json and local.settings.json, as the host reads them."""

import json
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from devtools.functions_host.errors import StartError

DEFAULT_BODY_LIMIT: Final = 104_857_600
_DEFAULT_TIMEOUT: Final = timedelta(minutes=30)
_TIMESPAN: Final = re.compile(r"(?:(?P<d>\d+)\.)?(?P<h>\d+):(?P<m>\d+):(?P<s>\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class HostJson:
    """The members of host.json that this host honours; `timeout` is None for an unbounded run."""

    route_prefix: str = "api"
    custom_headers: Mapping[str, str] = field(default_factory=dict)
    timeout: timedelta | None = _DEFAULT_TIMEOUT


@dataclass(frozen=True, slots=True)
class Cors:
    """Which browser origins may read answers; `*` stands for all of them."""

    origins: tuple[str, ...] = ()
    credentials: bool = False


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """`Values` for the environment and the CORS policy of a local settings file."""

    values: Mapping[str, str] = field(default_factory=dict)
    cors: Cors = field(default_factory=Cors)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object. Raises StartError naming the file where it is not one."""
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise StartError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(content, dict):
        raise StartError(f"{path} is not a JSON object")
    return content


def parse_host_json(content: Mapping[str, Any]) -> HostJson:
    """The HTTP extension's members and `functionTimeout`. Raises StartError for a bad time-out."""
    http = content.get("extensions", {}).get("http", {})
    return HostJson(
        route_prefix=str(http.get("routePrefix", "api")).strip("/"),
        custom_headers={str(name): str(value) for name, value in http.get("customHeaders", {}).items()},
        timeout=_timeout(content.get("functionTimeout")),
    )


def _timeout(text: str | None) -> timedelta | None:
    if text is None:
        return _DEFAULT_TIMEOUT
    if text == "-1":
        return None
    found = _TIMESPAN.fullmatch(text)
    if found is None:
        raise StartError(f"host.json: functionTimeout {text!r} is not hh:mm:ss or -1")
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def parse_local_settings(content: Mapping[str, Any]) -> LocalSettings:
    """`Values`, `Host.CORS` (origins parted by commas, as they stand) and `Host.CORSCredentials`."""
    host = content.get("Host", {})
    origins = tuple(item for item in str(host.get("CORS", "")).split(",") if item)
    return LocalSettings(
        values={str(name): str(value) for name, value in content.get("Values", {}).items()},
        cors=Cors(origins, host.get("CORSCredentials", False) is True),
    )


def find_local_settings(folder: Path) -> Path | None:
    """The settings file of an app: a developer's own, else the sample; None where there is neither."""
    names = ("local.settings.json", "local.settings.sample.json")
    return next((folder / name for name in names if (folder / name).is_file()), None)


def apply_values(values: Mapping[str, str], environ: MutableMapping[str, str]) -> None:
    """Put settings into an environment; what is set there already wins."""
    for name, value in values.items():
        environ.setdefault(name, value)


def body_limit(environ: Mapping[str, str]) -> int:
    """FUNCTIONS_REQUEST_BODY_SIZE_LIMIT, in bytes. Raises StartError where it is not a number."""
    text = environ.get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", str(DEFAULT_BODY_LIMIT))
    if not text.isascii() or not text.isdecimal():
        raise StartError(f"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT is not a number of bytes: {text!r}")
    return int(text)
