"""What is compared: this app as it is deployed, and the plain baseline with the whole of its packages."""

import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

from devtools.graph_emulator.client import ControlClient
from devtools.graph_emulator.default_seed import CONTOSO, DANA
from devtools.package.build import Order, build, unpack
from devtools.package.cases import ALIAS, settings
from devtools.package.stage import PACKAGES
from devtools.package.target import install
from shared.domain.limits import LIMITS

ROOT = Path(__file__).resolve().parents[1]
NO_LIMITS = json.dumps({name: dict.fromkeys(windows) for name, windows in LIMITS.items()})
"""What is measured books more often than anybody may."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One app, laid out as Functions would mount it."""

    name: str
    zip: Path
    folder: Path
    settings: Callable[[ControlClient], Mapping[str, str]]

    def size(self) -> tuple[int, int, int]:
        """Bytes of the zip, bytes unpacked, files."""
        with zipfile.ZipFile(self.zip) as archive:
            entries = archive.infolist()
        return self.zip.stat().st_size, sum(entry.file_size for entry in entries), len(entries)


def facade(work: Path) -> Subject:
    """This app from the package that is built of the sources at hand."""
    packed = build(Order(ROOT, work, is_proved=False), lambda _: None)
    return Subject("facade", packed, unpack(packed, work / "wwwroot"), _without_limits)


def baseline(work: Path) -> Subject:
    """The plain app with everything that its requirements install, tests and type stubs included."""
    folder = work / "wwwroot"
    install(ROOT / "requirements.txt", folder / PACKAGES)
    for name in ("function_app.py", "host.json"):
        copyfile(ROOT / "bench" / "baseline" / name, folder / name)
    packed = work / "baseline.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return Subject("baseline", packed, folder, _baseline_settings)


def _without_limits(control: ControlClient) -> Mapping[str, str]:
    return settings(control, LIMITS=NO_LIMITS)


def _baseline_settings(control: ControlClient) -> Mapping[str, str]:
    return {
        "BOOKING_BUSINESSES": json.dumps({ALIAS: CONTOSO}),
        "BOOKING_STAFF": DANA,
        "GRAPH_BASE_URL": control.graph_root,
        "GRAPH_HOST": "127.0.0.1",
        **control.identity_environment,
    }
