"""`make run`: the facade in front of an emulated Microsoft Bookings, on this machine.

It runs with a deployment's defaults: visitors prove that they are people, and limits count.

PORT moves the facade (7071), EMULATOR_PORT the emulator (7072). PARTNER_KEY is the key of the partner
routes, else one is made for the run. HUMAN_CHECK=off asks visitors for nothing; every other setting of
`local.settings.sample.json` can be given the same way.
"""

import argparse
import json
import os
import secrets
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from devtools.processes import ROOT, Part, RunError, emulator_part, supervise

_BUSINESS: Final = "contoso-lunch"
_ZONE: Final = "America/Chicago"
_CATERED_BENTO: Final = "57da6774-a087-4d69-b0e6-6fb82c339976"
_AGE_QUESTION: Final = "3bc6fde0-4ad3-445d-ab17-0fc15dba0774"
_SATURDAY: Final = 5


def read_port(environ: Mapping[str, str], setting: str, default: int) -> int:
    """A port on which nobody listens. Raises RunError naming the setting."""
    text = environ.get(setting) or str(default)
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 2**16):
        raise RunError(f"{setting} is not a port: {text!r}")
    port = int(text)
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise RunError(
            f"Port {port} cannot be used: {error.strerror}. {setting} moves it, for example: "
            f"make run {setting}={default + 100}"
        ) from error
    return port


def read_key(environ: Mapping[str, str]) -> str:
    """The key of the partner routes, made where none is given. Raises RunError for one no header can hold."""
    key = environ.get("PARTNER_KEY") or secrets.token_urlsafe(24)
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise RunError("PARTNER_KEY is no key: expected printable ASCII characters without spaces")
    return key


def facade_part(port: int, emulator_port: int, identity_header: str, *, tools: str | None, key: str) -> Part:
    """The facade, served by the Core Tools (`tools` is their command) or by our own host."""
    emulator = f"http://127.0.0.1:{emulator_port}"
    settings = json.loads((ROOT / "local.settings.sample.json").read_text("utf-8"))["Values"]
    environment = {
        **settings,
        # A run keeps nothing, so that its secret need not outlive it.
        "ALTCHA_HMAC_KEY": secrets.token_urlsafe(32),
        **{name: value for name, value in os.environ.items() if value or name not in settings},
        "GRAPH_BASE_URL": f"{emulator}/beta",
        "IDENTITY_ENDPOINT": f"{emulator}/_emulator/identity/token",
        "IDENTITY_HEADER": identity_header,
    }
    if tools:
        command = [tools, "start", "--port", str(port)]
        environment |= _core_tools_environment()
    else:
        command = [sys.executable, "-m", "devtools.functions_host", "--port", str(port)]
        environment |= {"FUNCTIONS_HOST_KEYS": json.dumps({"default": key})}
    return Part("facade", command, environment, f"http://127.0.0.1:{port}/api/health/live")


def _core_tools_environment() -> dict[str, str]:
    folder = Path(sys.executable).parent
    return {
        # The worker runs the Python that it finds first, and needs the packages of this one.
        "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}",
        "VIRTUAL_ENV": str(folder.parent),
        # A timer needs a storage account to keep its place in, which this machine does not have.
        "AzureWebJobs.settle.Disabled": "true",
    }


def find_core_tools() -> str | None:
    """A `func` that really works, else None: without its download the npm package leaves one that fails."""
    command = shutil.which("func")
    if command is None:
        return None
    try:
        answer = subprocess.run(
            [command, "--version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return command if answer.returncode == 0 and answer.stdout.startswith("4.") else None


def bookable_start(now: datetime) -> datetime:
    """10:00 on the next open weekday at least two days ahead, in the business's zone."""
    day = now.astimezone(ZoneInfo(_ZONE)).date() + timedelta(days=2)
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    return datetime(day.year, day.month, day.day, 10, tzinfo=ZoneInfo(_ZONE))


def booking_command(facade: str, start: datetime, key: str) -> str:
    """Write the `curl` that books as a partner, who proves nothing; it can be pasted at once."""
    request = {
        "serviceId": _CATERED_BENTO,
        "start": start.isoformat(),
        "timeZone": _ZONE,
        "customer": {"name": "Jordan Miller", "email": "jordanm@contoso.com"},
        "answers": [{"questionId": _AGE_QUESTION, "answer": "25"}],
    }
    lines = [
        f"curl -i {facade}/api/v1/partner/businesses/{_BUSINESS}/bookings",
        f"-H {shlex.quote(f'x-functions-key: {key}')} -H 'Content-Type: application/json'",
        f"-d '{json.dumps(request)}'",
    ]
    return " \\\n  ".join(lines)


def announce(facade: str, logs: Path, *, key: str) -> None:
    """Say what there is to see, and how to book."""
    print(f"The booking page:  {facade}/api/book/{_BUSINESS}")
    print(f"The API reference: {facade}/api/docs")
    print(f"The partner key:   {key}")
    print(f"The logs:          {logs}")
    start = bookable_start(datetime.now(ZoneInfo(_ZONE)))
    print(f"A booking by hand:\n\n{booking_command(facade, start, key)}\n")
    print("Ctrl-C stops everything.", flush=True)


def _run(environ: Mapping[str, str], host: str) -> int:
    port, emulator_port = read_port(environ, "PORT", 7071), read_port(environ, "EMULATOR_PORT", 7072)
    if port == emulator_port:
        raise RunError(f"PORT and EMULATOR_PORT are both {port}; each server needs its own")
    tools = None if host == "devtools" else find_core_tools()
    identity_header, key = secrets.token_urlsafe(24), read_key(environ)
    parts = [
        emulator_part(emulator_port, {**os.environ, "EMULATOR_IDENTITY_HEADER": identity_header}),
        facade_part(port, emulator_port, identity_header, tools=tools, key=key),
    ]
    with tempfile.TemporaryDirectory(prefix="bookings-facade-") as folder:
        logs = Path(folder)
        return supervise(parts, logs, lambda: announce(f"http://127.0.0.1:{port}", logs, key=key))


def main(argv: Sequence[str] | None = None) -> int:
    """Read the command line and the environment, and run until somebody stops it."""
    parser = argparse.ArgumentParser(prog="local_run", description=__doc__)
    parser.add_argument(
        "--host", choices=("auto", "devtools"), default="auto", help="auto: `func` where it is installed"
    )
    try:
        return _run(os.environ, parser.parse_args(argv).host)
    except RunError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
