"""Lighthouse on the booking page: `python -m bench.lighthouse`.

The facade runs in front of the emulator on this machine, which sends without compression. Each step that an
address leads to is loaded three times on Lighthouse's slow telephone; each that only a form leads to is
looked at on the way of three visitors. The run in the middle counts. The figures go to figures.json beside
this file; `blocked` is the total blocking time in milliseconds. CHROMIUM is the path of the browser where it
is not found.
"""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from devtools.graph_emulator.default_seed import MENU_TASTING
from devtools.screenshots import served

HERE = Path(__file__).resolve().parent
SHOP = "contoso-lunch"
MOST_BYTES, MOST_REQUESTS, MOST_LCP = 60_000, 5, 1_500
PERFECT = 100
WEEKEND = 5
WAYS = 3
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")

Json = dict[str, Any]


def starts() -> list[str]:
    """Free times of working days to come: one to be booked for the steps, one for each way."""
    days = [datetime.now(UTC).date() + timedelta(days=8 + ahead) for ahead in range(7)]
    working = [day for day in days if day.weekday() < WEEKEND]
    return [f"{day}T16:00:00Z" for day in working[: 1 + WAYS]]


def form_for(start: str) -> str:
    """The address of the form for a time."""
    return f"/api/book/{SHOP}?service={MENU_TASTING}&start={start}"


def steps(root: str, first: str, other: str) -> list[Json]:
    """The steps with an address; one of them is a booking, which is made for it."""
    form = {
        "serviceId": MENU_TASTING,
        "start": first,
        "customer.name": "Ann",
        "customer.email": "ann@contoso.com",
    }
    url = f"{root}/api/v1/businesses/{SHOP}/bookings"
    answer = httpx.post(url, data=form, headers={"Accept": "text/html"}, timeout=30, trust_env=False)
    here, service = f"/api/book/{SHOP}", f"service={MENU_TASTING}"
    return [
        {"name": "first", "path": here},
        {"name": "services", "path": f"{here}?step=services"},
        {"name": "days and times", "path": f"{here}?{service}&timeZone=America/Chicago"},
        {"name": "a day", "path": f"{here}?{service}&day={first[:10]}"},
        {"name": "details", "path": form_for(other)},
        {"name": "confirmed", "path": answer.headers["Location"].removeprefix(root), "isPrivate": True},
        {"name": "manage", "path": f"/api/manage/{SHOP}", "isPrivate": True},
    ]


def line(one: Json) -> str:
    """One step for people."""
    scores = " ".join(f"{one['scores'].get(name, '-')!s:>4}" for name in CATEGORIES)
    lcp = f"{one['lcp'] / 1000:.2f} s" if one["lcp"] else "-"
    size = f"{one['bytes'] / 1000:.1f} kB, {one['requests']} requests" if one["lcp"] else ""
    return f"{one['name']:<28}{scores}   {lcp:>7}   {size}  {' '.join(one['failed'])}"


def is_kept(one: Json) -> bool:
    """Whether a step keeps the limits; size and times are of what is loaded."""
    is_light = (
        one["bytes"] <= MOST_BYTES and one["requests"] <= MOST_REQUESTS and (one["lcp"] or 0) <= MOST_LCP
    )
    return (is_light or one["lcp"] is None) and set(one["scores"].values()) <= {PERFECT, None}


def measure(chromium: str) -> list[Json]:
    """Every step as Lighthouse saw it, printed as it comes."""
    found: list[Json] = []
    with served() as root:
        first, *others = starts()
        given = json.dumps(steps(root, first, others[0])), json.dumps([form_for(other) for other in others])
        command = ["node", str(HERE / "run.mjs"), root, chromium, *given]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
            for text in running.stdout or ():
                found.append(json.loads(text))
                print(line(found[-1]), flush=True)
        if running.returncode:
            raise SystemExit("Lighthouse ended before its end")
    return found


def main() -> int:
    """Measure, keep, and say whether the limits are kept."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None or not (HERE / "node_modules").is_dir():
        print("Chromium and `npm ci` in bench/lighthouse are needed.", file=sys.stderr)
        return 1
    print(f"{'':<28}{' '.join(f'{name[:4]:>4}' for name in CATEGORIES)}   {'LCP':>7}", flush=True)
    found = measure(chromium)
    load = os.getloadavg()[1]
    kept = {
        "at": f"{datetime.now(UTC):%Y-%m-%d}",
        "load": round(load, 1),
        "cores": os.cpu_count(),
        "steps": found,
    }
    (HERE / "figures.json").write_text(json.dumps(kept, indent=1) + "\n")
    print(f"The machine's load was {load:.1f} on {os.cpu_count()} cores.")
    return int(not all(map(is_kept, found)))


if __name__ == "__main__":
    sys.exit(main())
