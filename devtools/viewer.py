"""Fetches the viewer of the reference page by npm, and keeps of it what `web/elements` serves.

`python -m devtools.viewer` writes the files anew; with another VERSION it also says what KEPT has to be.
"""

import gzip
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

PACKAGE, VERSION = "@stoplight/elements", "9.0.25"
FOLDER = Path(__file__).resolve().parents[1] / "web" / "elements"
SOURCES: Mapping[str, str] = {
    "elements.js": "web-components.min.js",
    "elements.css": "styles.min.css",
    "LICENSE": "LICENSE",
    "THIRD-PARTY": "web-components.min.js.LICENSE.txt",
}
"""Each file that is kept, and which one of the package it is; the first two are packed."""

KEPT: Mapping[str, str] = {
    "elements.js": "2cb7bb60bbf2846e077e2bd8357a61785120a1ab657885d482a6bd37b034c709",
    "elements.css": "062127db60930e408a1598797004dfcd14742b83a059ed6b381f08d42c4b4d3c",
    "LICENSE": "d45c17f7ecc80e0deab3372ff352c7d00b7d573755c3c672088c21a376673698",
    "THIRD-PARTY": "58b2f880c6e49cc6eb9ef1b8752a22db028c373c3acf6f7ebeb1d6316c7c3294",
}
"""The SHA-256 of each, unpacked."""


def kept(name: str) -> bytes:
    """What is kept under this name, unpacked."""
    packed = FOLDER / f"{name}.gz"
    return gzip.decompress(packed.read_bytes()) if packed.exists() else (FOLDER / name).read_bytes()


def fetched() -> Mapping[str, bytes]:
    """The files as the package has them; npm compares the package with its registry's digest."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", f"{PACKAGE}@{VERSION}", "--silent", "--pack-destination", folder]
        subprocess.run(command, check=True, capture_output=True)
        (archive,) = Path(folder).iterdir()
        with tarfile.open(archive) as package:
            members = {name: package.extractfile(f"package/{source}") for name, source in SOURCES.items()}
            return {name: member.read() for name, member in members.items() if member is not None}


def main() -> None:
    """Write the files, and print their digests."""
    for name, body in fetched().items():
        if Path(name).suffix in {".js", ".css"}:
            (FOLDER / f"{name}.gz").write_bytes(gzip.compress(body, 9, mtime=0))
        else:
            (FOLDER / name).write_bytes(body)
        print(f'    "{name}": "{sha256(body).hexdigest()}",')


if __name__ == "__main__":
    main()
