"""Write `docs/openapi.json` anew: `python -m devtools.openapi`; `--check` says whether it is in step."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from devtools.openapi.document import openapi_json

TARGET = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


def main(argv: Sequence[str] | None = None, target: Path = TARGET) -> int:
    """Write the document where it is kept; with --check return 1 if what is there is not the same."""
    parser = argparse.ArgumentParser(prog="openapi", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the document is stale")
    made = openapi_json()
    if not parser.parse_args(argv).check:
        target.write_text(made, encoding="utf-8")
        print(f"{target} has {target.stat().st_size} bytes")
        return 0
    if target.read_text(encoding="utf-8") == made:
        print(f"docs/{target.name} is in step with the code.")
        return 0
    print(f"docs/{target.name} is not in step with the code: run make openapi", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
