"""The table of Windows names in `docs/time-zones.md`."""

from pathlib import Path

from shared.domain.windows_zones import WINDOWS

PAGE = Path("docs/time-zones.md")
BEGIN = "<!-- The table is written by `python -m devtools.time_zones`. -->\n"


def table() -> str:
    """A row for each Windows id."""
    rows = (line.split("|") for line in WINDOWS.strip().splitlines())
    lines = (f"| `{windows}` | {zone} | {places} |" for windows, zone, places in rows)
    return (
        "\n".join(("| Windows id | IANA zone | Places in its display names |", "|---|---|---|", *lines))
        + "\n"
    )


def renewed() -> str:
    """The page with its table as the tables of `shared/domain` have it now."""
    return PAGE.read_text("utf-8").partition(BEGIN)[0] + BEGIN + "\n" + table()
