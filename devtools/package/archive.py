"""The zip file, the same byte for byte for the same files: order, times and permissions are fixed."""

import zipfile
from pathlib import Path

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip file can hold."""

PERMISSIONS = 0o100644 << 16
MADE_ON_UNIX = 3


def write_zip(folder: Path, target: Path) -> None:
    """Pack everything below a folder; directories have no entries of their own."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    with zipfile.ZipFile(target, "w") as archive:
        for path in paths:
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), EARLIEST)
            entry.create_system = MADE_ON_UNIX
            entry.external_attr = PERMISSIONS
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes(), compresslevel=9)
