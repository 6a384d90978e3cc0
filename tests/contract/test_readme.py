"""What the README shows, as printed, against `make run`: nothing is changed but the day and the port."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from devtools.local_run import bookable_start
from tests.contract.test_local_run import local_run, read_until
from tests.support.servers import ROOT

README = (ROOT / "README.md").read_text("utf-8")
API = (ROOT / "docs" / "api.md").read_text("utf-8")
KEY = "key-of-this-test"
STARTS = re.compile(r'"start": "(\d{4}-\d\d-\d\dT[^"]+)"')
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


class Fields(HTMLParser):
    """The form of a page: where it leads, and its fields as a browser sends them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action, self.fields = "", dict[str, str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        if tag == "form":
            self.action = has.get("action") or ""
        if tag == "input":
            self.fields[has["name"] or ""] = has.get("value") or ""


@dataclass(frozen=True, slots=True)
class Run:
    """A `make run`, with a key that was given to it, and what it printed."""

    root: str
    printed: str

    def shell(self, command: str) -> str:
        """What a command prints that was copied from a document, with the key where the document wants it."""
        at_hand = command.replace("http://127.0.0.1:7071", self.root)
        return subprocess.run(
            ["sh", "-c", at_hand],
            env={**os.environ, "PARTNER_KEY": KEY},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """One for all tests of this module."""
    with local_run(PARTNER_KEY=KEY) as (process, port):
        yield Run(f"http://127.0.0.1:{port}", read_until(process, "Ctrl-C"))


def another_day(command: str, weeks: int) -> str:
    """The command with a time that is open; weeks apart, so that no test meets another one."""
    start = bookable_start(datetime.now(UTC) + timedelta(weeks=weeks))
    (shown,) = STARTS.findall(command)
    return command.replace(shown, start.isoformat())


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed on this machine")
@pytest.mark.parametrize("page", ["README", "API"])
def test_the_curl_that_is_shown_books(run: Run, page: str) -> None:
    """It answers 201, and the same bytes again; the key is the one that the run was given."""
    assert f"The partner key:   {KEY}\n" in run.printed
    blocks = re.findall(r"```(?:sh|console)\n(.*?)```", {"README": README, "API": API}[page], re.DOTALL)
    (block,) = [one for one in blocks if "curl -i" in one]
    command = another_day(block.removeprefix("$ "), 1 if page == "README" else 2)
    answers = [run.shell(command).replace("\r\n", "\n") for _ in range(2)]
    assert all(one.startswith("HTTP/1.1 201") for one in answers), answers
    bodies = [json.loads(one.rpartition("\n\n")[2]) for one in answers]
    assert bodies[0] == bodies[1]
    assert bodies[0]["status"] == "confirmed"


def test_what_is_shown_can_be_done_one_after_the_other() -> None:
    """No example takes a time that another one has taken: each works on a run that saw the others."""
    documents = [README, *(path.read_text("utf-8") for path in sorted((ROOT / "docs").glob("*.md")))]
    commands = [
        one for text in documents for one in re.findall(r"```(?:sh|console)\n(.*?)```", text, re.DOTALL)
    ]
    starts = [start for command in commands for start in STARTS.findall(command)]
    assert len(starts) >= 3
    assert len(starts) == len(set(starts))


def test_the_form_that_is_shown_books(run: Run) -> None:
    """Sent by a browser without JavaScript: the page with one button, and then the confirmation."""
    (form,) = [one for one in re.findall(r"```html\n(.*?)```", README, re.DOTALL) if "<form" in one]
    start = bookable_start(datetime.now(UTC) + timedelta(weeks=3))
    shown = Fields(form)
    blank = [name for name, value in shown.fields.items() if not value]
    typed = dict(zip(blank, (f"{start:%Y-%m-%dT%H:%M}", "Ann", "ann@contoso.com", "30"), strict=True))
    with httpx.Client(base_url=run.root, headers=BROWSER, trust_env=False, timeout=30) as http:
        page = http.post(urlsplit(shown.action).path, data={**shown.fields, **typed})
        assert page.status_code == 200
        button = Fields(page.text)
        counts = int(button.fields["humanCheck"].split(".")[1]) / 1000 + 2
        time.sleep(max(0.0, counts - datetime.now(UTC).timestamp()) + 0.001)
        booked = http.post(button.action, data=button.fields)
        assert booked.status_code == 303
        confirmation = http.get(booked.headers["Location"])
    assert parse_qs(urlsplit(booked.headers["Location"]).query)["reference"][0] in confirmation.text


def test_a_run_asks_visitors_for_a_proof(run: Run) -> None:
    """The defaults are a deployment's: who sends JSON without a solution is refused."""
    address = f"{run.root}/api/v1/businesses/contoso-lunch/challenge"
    slot = {"serviceId": "x", "start": "2026-12-01T10:00:00Z"}
    answer = httpx.get(address, params=slot, trust_env=False)
    assert answer.json()["kind"] == "altcha"
