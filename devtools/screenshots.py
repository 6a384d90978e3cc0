"""Photographs the booking page in Chromium: `python -m devtools.screenshots [folder]`.

The facade runs in front of the emulator, a visitor books, looks and moves, and each state is kept as WebP.
Without a folder the best of them go to docs/images, which the README shows; with one, all of them go there:
wide and narrow, light and dark. CHROMIUM is the path of the browser where it is not found.
"""

import argparse
import base64
import json
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, Literal

from playwright.sync_api import Browser, Page, sync_playwright

from devtools.processes import ROOT, Part, RunError, emulator_part, free_port, running

IMAGES: Final = ROOT / "docs" / "images"
BUSINESSES: Final = {
    "contoso-lunch": "contosolunchdelivery@contoso.com",
    "paris-atelier": "parisatelier@contoso.com",
}
SCREENS: Final[Mapping[str, dict[str, Any]]] = {
    "wide": {"viewport": {"width": 1440, "height": 900}},
    "narrow": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}
BEST: Final = {
    ("wide", "light", "picked"): "choose-a-time",
    ("wide", "light", "booked"): "booked",
    ("narrow", "light", "picked"): "choose-on-a-phone",
    ("narrow", "dark", "wrong"): "errors-on-a-phone",
}
"""What the README shows, by screen, scheme and state."""

SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
QUALITY = 76
Keep = Callable[[Page, str], None]


@contextmanager
def served() -> Iterator[str]:
    """The facade in front of an emulator, with nothing in its way; gives its address."""
    ports, secret = (free_port(), free_port()), secrets.token_urlsafe(24)
    emulator, root = (f"http://127.0.0.1:{port}" for port in ports)
    environment = {
        **os.environ,
        "BOOKING_BUSINESSES": json.dumps(BUSINESSES),
        "GRAPH_BASE_URL": f"{emulator}/beta",
        "IDENTITY_ENDPOINT": f"{emulator}/_emulator/identity/token",
        "IDENTITY_HEADER": secret,
        "PUBLIC_BASE_URL": root,
        "HUMAN_CHECK": "off",
    }
    host = [sys.executable, "-m", "devtools.functions_host", "--port", str(ports[1])]
    facade = Part("facade", host, environment, f"{root}/api/health/live")
    with (
        running(emulator_part(ports[0], {**os.environ, "EMULATOR_IDENTITY_HEADER": secret})),
        running(facade),
    ):
        yield root


def visit(page: Page, root: str, keep: Keep, hour: int) -> None:
    """Book, look at the booking and begin to move it; every state on the way is kept."""
    page.goto(f"{root}/api/book/contoso-lunch")
    page.locator("button.card").first.wait_for()
    keep(page, "services")
    page.get_by_role("button", name="Menu tasting").click()
    page.locator("button[name=start]").first.wait_for()
    keep(page, "choose")
    _to_next_month(page)
    page.locator("button[name=day]").nth(6).click()
    page.locator(".picked").wait_for()
    keep(page, "picked")
    page.locator("button[name=start]").nth(hour).click()
    page.locator("button.main").wait_for()
    keep(page, "details")
    page.get_by_label("Name").fill("Jordan Miller")
    page.get_by_label("E-mail address").fill("jordanm@contoso")
    page.get_by_role("button", name="Book now").click()
    page.locator("#errors").wait_for()
    keep(page, "wrong")
    page.get_by_label("E-mail address").fill(f"jordan{hour}@contoso.com")
    page.get_by_role("button", name="Book now").click()
    page.get_by_role("link", name="Add to calendar").wait_for()
    keep(page, "booked")
    page.get_by_role("link", name="Move or cancel this appointment").click()
    page.get_by_role("button", name="Choose another time").wait_for()
    keep(page, "manage")
    page.get_by_role("button", name="Cancel this appointment").click()
    page.get_by_role("button", name="Cancel it for good").wait_for()
    keep(page, "cancel")
    page.get_by_role("button", name="Leave it as it is").click()
    page.get_by_role("button", name="Choose another time").click()
    page.locator("button[name=start]").first.wait_for()
    keep(page, "move")


def _to_next_month(page: Page) -> None:
    """To a month that has all of its days still to come."""
    before = page.locator("caption").inner_text()
    page.locator(".paging a").last.click()
    page.wait_for_function("old => document.querySelector('caption').innerText !== old", arg=before)


def elsewhere(page: Page, root: str, keep: Keep) -> None:
    """The other shop in French, its class with seats, for somebody in New York."""
    day = date.today() + timedelta(days=(1 - date.today().weekday()) % 7 + 7)  # noqa: DTZ011 (any will do)
    page.goto(f"{root}/api/book/paris-atelier?lang=fr&timeZone=America/New_York&step=services")
    page.get_by_role("button", name="Cours de couture").click()
    page.locator("button[name=start]").first.wait_for()
    keep(page, "seats")
    page.goto(f"{root}/api/book/nobody?day={day}")
    page.locator("h2").first.wait_for()
    keep(page, "sorry")


def take(page: Page, path: Path) -> None:
    """Keep what is seen, as WebP; a phone's screen whole, without its scrolling."""
    page.evaluate("document.activeElement && document.activeElement.blur()")
    page.wait_for_timeout(250)  # colours that change have changed by then
    session = page.context.new_cdp_session(page)
    shot = session.send(
        "Page.captureScreenshot",
        {"format": "webp", "quality": QUALITY, "captureBeyondViewport": False},
    )
    path.write_bytes(base64.b64decode(shot["data"]))


def photograph(browser: Browser, root: str, keep: Callable[[str, str, str, Page], None]) -> None:
    """Every state on every screen in both schemes."""
    hour = 0
    for screen, settings in SCREENS.items():
        for scheme in SCHEMES:
            context = browser.new_context(
                color_scheme=scheme, locale="en-US", timezone_id="America/Chicago", **settings
            )
            page = context.new_page()

            def kept(page: Page, state: str, screen: str = screen, scheme: str = scheme) -> None:
                keep(screen, scheme, state, page)

            visit(page, root, kept, hour)
            elsewhere(page, root, kept)
            hour += 4
            context.close()


def main() -> int:
    """Take the photographs that are asked for."""
    parser = argparse.ArgumentParser(prog="screenshots", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="where all of them go; else the best to docs")
    folder: Path | None = parser.parse_args().folder

    def keep(screen: str, scheme: str, state: str, page: Page) -> None:
        name = BEST.get((screen, scheme, state)) if folder is None else f"{state}-{screen}-{scheme}"
        if name is not None:
            take(page, (folder or IMAGES) / f"{name}.webp")

    (folder or IMAGES).mkdir(parents=True, exist_ok=True)
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    try:
        with served() as root, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            photograph(browser, root, keep)
            browser.close()
    except RunError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
