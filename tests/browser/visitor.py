"""What a visitor does on the booking page, and where its outcome can be seen."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Frame, Page, expect

HERE = Path(__file__).resolve().parent
AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
SNIFFER = HERE / "node_modules" / "html_codesniffer" / "build" / "HTMLCS.js"
CHICAGO = ZoneInfo("America/Chicago")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Site:
    """A facade."""

    root: str

    def page(self, business: str = "contoso-lunch", query: str = "") -> str:
        """The address of a booking page."""
        return f"{self.root}/api/book/{business}" + (f"?{query}" if query else "")

    def settle(self) -> None:
        """Have the timer run now."""
        httpx.post(
            f"{self.root}/admin/functions/settle", json={}, timeout=120, trust_env=False
        ).raise_for_status()


@dataclass(frozen=True, slots=True)
class Website:
    """Somebody's website: its origin, its pages by path, and what headers they have beside the usual ones."""

    origin: str
    pages: dict[str, str] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)

    def put(self, path: str, body: str, head: str = "", lang: str = "en") -> str:
        """A page of the website; gives its address."""
        self.pages[path] = (
            f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width"><title>Website</title>{head}</head>'
            f"<body><main><h1>Somebody's website</h1>{body}</main></body></html>"
        )
        return self.origin + path


@dataclass(frozen=True, slots=True)
class Calendar:
    """The emulated calendars."""

    root: str

    def bookings(self, email: str) -> list[dict[str, Any]]:
        """The appointments, of any business, in which somebody with this e-mail address is."""
        state = httpx.get(f"{self.root}/_emulator/state", timeout=10, trust_env=False).json()
        appointments = [a for business in state["businesses"].values() for a in business["appointments"]]
        return [a for a in appointments if any(c.get("emailAddress") == email for c in a["customers"])]

    def link(self, email: str) -> str:
        """The address that stands in the confirmation that this person was mailed."""
        state = httpx.get(f"{self.root}/_emulator/state", timeout=10, trust_env=False).json()
        (text,) = [one["text"] for one in state["outbox"] if one["to"] == email]
        return str(text).split()[-1]

    def control(self, what: str, members: dict[str, Any]) -> None:
        """Set something at the emulator."""
        httpx.post(
            f"{self.root}/_emulator/{what}", json=members, timeout=10, trust_env=False
        ).raise_for_status()

    def catch_up(self) -> None:
        """Have lists show what they hide, and nothing more hidden."""
        self.control("switches", {"visibility_delay": 0})
        httpx.delete(f"{self.root}/_emulator/lag", timeout=10, trust_env=False).raise_for_status()

    def start(self, email: str) -> datetime:
        """When the one appointment of this person begins."""
        (made,) = self.bookings(email)
        return datetime.fromisoformat(made["start"]["dateTime"][:19]).replace(tzinfo=UTC)


def somebody() -> str:
    """An e-mail address that nobody has booked with."""
    return f"visitor{next(_numbers)}@contoso.com"


def free_time(weeks: int, weekday: int, hour: int, zone: ZoneInfo = CHICAGO) -> datetime:
    """A time within opening hours; each test takes another one."""
    today = datetime.now(zone).replace(hour=hour, minute=0, second=0, microsecond=0)
    return today + timedelta(days=7 * weeks - today.weekday() + weekday)


def utc(moment: datetime) -> str:
    """An instant as the page writes it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def choose(page: Page | Frame, service: str, moment: datetime, zone: ZoneInfo = CHICAGO) -> None:
    """Click through service, month, day and time as somebody in this zone."""
    page.get_by_role("button", name=service).click()
    local = moment.astimezone(zone)
    day = page.locator(f'button[name=day][value="{local.date().isoformat()}"]')
    caption = page.locator("caption")
    expect(caption).to_be_visible()
    for _ in range(3):
        if day.count():
            break
        before = caption.inner_text()
        page.locator(".paging a").last.click()
        expect(caption).not_to_have_text(before)
    day.click()
    page.locator(f'button[name=start][value="{utc(moment)}"]').click()
    expect(page.locator("button.main")).to_be_visible()


def fill(page: Page | Frame, email: str, name: str = "Ann Beebe", answer: str | None = "30") -> None:
    """Type the details."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail address").fill(email)
    if answer is not None:
        page.get_by_label("What is your age").fill(answer)


def confirmed(page: Page | Frame) -> None:
    """Wait for the confirmation."""
    expect(page.get_by_role("heading", name="Your appointment is booked")).to_be_visible()


def press_when_it_counts(page: Page) -> None:
    """Press the button of the page for forms when its permission, which says when it was made, has begun."""
    permission = page.locator("input[name=humanCheck]").get_attribute("value") or ""
    counts = int(permission.split(".")[1]) / 1000 + 2
    page.wait_for_timeout(max(0.0, (counts - datetime.now(UTC).timestamp()) * 1000) + 1)
    page.get_by_role("button", name="Book now").click()


def axe(page: Page | Frame) -> list[tuple[str, list[str]]]:
    """What axe finds by its rules for WCAG 2.2 AA and good practice, each with the elements."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run npm ci in tests/browser")
    page.evaluate(AXE.read_text("utf-8") + "; undefined")
    options = json.dumps({"runOnly": {"type": "tag", "values": RULES}})
    result = page.evaluate(f"axe.run(document, {options})")
    assert len(result["passes"]) > 10
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in result["violations"]]


def check_with_axe(page: Page | Frame) -> None:
    """Nothing that axe knows about stands in anybody's way."""
    assert axe(page) == []


def sniffed(page: Page) -> list[list[str]]:
    """What HTML_CodeSniffer, the rules of pa11y, finds against WCAG 2 AA, each with the element."""
    if not SNIFFER.exists():
        pytest.skip("html_codesniffer is not installed: run npm ci in tests/browser")
    page.evaluate(SNIFFER.read_text("utf-8") + "; window.HTMLCS = HTMLCS; undefined")
    run = "new Promise((done) => HTMLCS.process('WCAG2AA', document, () => done(HTMLCS.getMessages())))"
    told = "({ type, code, element }) => [type, code, (element.outerHTML || '').slice(0, 200)]"
    found = page.evaluate(f"{run}.then((all) => all.map({told}))")
    assert len(found) > 0  # it notes what a person has to look at on any page
    return [[code, element] for kind, code, element in found if kind == 1]


def overflowing(page: Page | Frame) -> list[str]:
    """What stands out of the page at either side, which only somebody who scrolls sideways would see."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('main *, footer *, header *')].filter((one) => {
            const box = one.getBoundingClientRect();
            const isOut = box.left < -1 || box.right > innerWidth + 1;
            return box.width && isOut && !one.closest('.unseen, .trap');
        }).map((one) => one.outerHTML.slice(0, 80))"""
    )
    return found


def check_width(page: Page | Frame) -> None:
    """Nothing has to be scrolled sideways."""
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
