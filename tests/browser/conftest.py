"""A browser, a facade that it can reach, and a website of somebody else on another origin."""

import json
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from devtools.graph_emulator.tokens import IDENTITY_HEADER, IDENTITY_PATH
from tests.browser.visitor import Calendar, Site, Website
from tests.support.servers import free_port, server

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 60_000
"""Milliseconds, for a machine that has much else to do; whoever is done sooner waits no longer."""

expect.set_options(timeout=PATIENCE)

BUSINESSES = {
    "contoso-lunch": "contosolunchdelivery@contoso.com",
    "paris-atelier": "parisatelier@contoso.com",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium as the machine has it; for one module, since Playwright holds the thread's event loop."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium was found: set CHROMIUM to its path")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go: a folder of the test run, or the one that SCREENSHOTS names."""
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path_factory.mktemp("shots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def website() -> Iterator[Website]:
    """A website that embeds the booking page, on an origin of its own."""
    site = Website(f"http://127.0.0.1:{free_port()}")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            body = site.pages.get(path, "").encode()
            self.send_response(200 if body or path == "/favicon.ico" else 404)
            kind = "text/javascript" if path.endswith(".js") else "text/html"
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            for name, value in site.headers.get(path, {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", int(site.origin.rpartition(":")[2])), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield site
    server.shutdown()
    server.server_close()
    thread.join(10)


@contextmanager
def facade(emulator: str, folder: Path, **more: str) -> Iterator[Site]:
    """A facade in its own process, with these settings."""
    values = {
        "BOOKING_BUSINESSES": json.dumps(BUSINESSES),
        "GRAPH_BASE_URL": f"{emulator}/beta",
        "IDENTITY_ENDPOINT": f"{emulator}{IDENTITY_PATH}",
        "IDENTITY_HEADER": IDENTITY_HEADER,
        **more,
    }
    port = free_port()
    values.setdefault("PUBLIC_BASE_URL", f"http://127.0.0.1:{port}")
    settings = folder / f"settings-{port}.json"
    settings.write_text(json.dumps({"IsEncrypted": False, "Values": values}))
    command = ["-m", "devtools.functions_host", "--port", str(port), "--settings", str(settings)]
    root = f"http://127.0.0.1:{port}"
    with server([sys.executable, *command], f"{root}/api/health/live", values):
        yield Site(root)


@pytest.fixture(scope="session")
def site(emulator_root: str, website: Website, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The facade that most tests visit; the website may embed it and get its visitors back."""
    folder = tmp_path_factory.mktemp("site")
    allowed = {"FRAME_ANCESTORS": website.origin, "ALLOWED_RETURN_ORIGINS": website.origin}
    with facade(emulator_root, folder, **allowed) as running:
        yield running


@pytest.fixture(scope="session")
def guarded(emulator_root: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A facade that asks visitors to prove that they are people."""
    folder = tmp_path_factory.mktemp("guarded")
    with facade(emulator_root, folder, HUMAN_CHECK="altcha", ALTCHA_HMAC_KEY="k" * 32) as running:
        yield running


@pytest.fixture(scope="session")
def hasty(emulator_root: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A facade that looks for a lost booking for a moment only, before it says that it is not sure."""
    budget = {"REQUEST_BUDGET_SECONDS": "4", "GRAPH_CALL_SECONDS": "2", "LIST_LAG_SECONDS": "0.5"}
    with facade(emulator_root, tmp_path_factory.mktemp("hasty"), **budget) as running:
        yield running


@pytest.fixture
def calendar(emulator_root: str) -> Calendar:
    """What stands in the businesses' calendars."""
    return Calendar(emulator_root)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes visitors: browser contexts with their own zone, language and screen."""
    contexts: list[BrowserContext] = []

    def make(**settings: object) -> BrowserContext:
        usual = {
            "viewport": {"width": 900, "height": 900},
            "timezone_id": "America/Chicago",
            "locale": "en-US",
        }
        context = browser.new_context(**{**usual, **settings})  # type: ignore[arg-type] # Playwright's own names
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
