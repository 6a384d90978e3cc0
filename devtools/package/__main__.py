"""Build the deployment package: `python -m devtools.package` makes `dist/app.zip`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from devtools.package.build import Order, build, summary
from devtools.package.errors import PackageError

ROOT = Path(__file__).resolve().parents[2]


def _order(argv: Sequence[str] | None) -> Order:
    parser = argparse.ArgumentParser(prog="package", description=__doc__)
    parser.add_argument("--app", type=Path, default=ROOT, help="the folder with function_app.py")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="the folder for app.zip")
    parser.add_argument("--python", help="the Python 3.13 to compile with; found by itself otherwise")
    parser.add_argument(
        "--unproved",
        action="store_true",
        help="do not start the package: for machines that are not its target",
    )
    given = parser.parse_args(argv)
    return Order(given.app.resolve(), given.out.resolve(), given.python, is_proved=not given.unproved)


def main(argv: Sequence[str] | None = None) -> int:
    """Build; return 0, or 1 with a message where it cannot be done."""
    try:
        print(summary(build(_order(argv))))
    except PackageError as error:
        print(f"package: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
