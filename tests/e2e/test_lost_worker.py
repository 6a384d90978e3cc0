"""The worker is killed between Graph's commit and the answer to an example client: one appointment."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.test_typescript_client import client, node, run
from tests.support.azurite_server import Azurite
from tests.support.facade import BENTO, BUSINESS, KEY, QUESTION, start_at
from tests.support.lost_worker import Facade, losing_facade
from tests.support.servers import ROOT

__all__ = ["client", "node"]
API = (ROOT / "docs" / "api.md").read_text("utf-8")


@pytest.fixture(scope="module")
def losing(emulator_root: str, azurite: Azurite) -> Iterator[Facade]:
    """A facade whose worker can be lost, with the check of a default deployment: the clients are public."""
    check = {"HUMAN_CHECK": "altcha", "ALTCHA_HMAC_KEY": "k" * 32}
    with losing_facade(emulator_root, azurite, **check) as facade:
        yield facade


def address(facade: Facade) -> str:
    return f"{facade.root}/api/v1/businesses/{BUSINESS}/bookings"


def booking(email: str, hour: int) -> dict[str, object]:
    """A booking that no other test makes."""
    return {
        "serviceId": BENTO,
        "start": start_at(hour, week=4).isoformat(),
        "customer": {"name": "Jordan Miller", "email": email},
        "answers": [{"questionId": QUESTION, "answer": "25"}],
    }


def test_the_client_of_the_documentation(node: str, losing: Facade, tmp_path: Path) -> None:
    """The function in docs/api.md, as it stands there, gets the confirmation of the one appointment."""
    (functions,) = re.findall(r"```js\n(async function book\(.*?)```", API, re.DOTALL)
    email = "documented@contoso.com"
    call = f"book({json.dumps(address(losing))}, {json.dumps(booking(email, 9))})"
    (tmp_path / "book.mjs").write_text(f"{functions}\nconsole.log(JSON.stringify(await {call}));\n")
    with losing.loses_its_worker(email):
        seen = json.loads(run(node, tmp_path, "book.mjs"))
    assert seen["status"] == 201
    assert seen["said"]["status"] == "confirmed"
    assert len(losing.bookings(email)) == 1


def test_the_generated_typescript_client(node: str, client: Path, losing: Facade) -> None:
    """The strictly typed client repeats with the same key; both of its equal requests get the one booking."""
    email = "jordanm@contoso.com"
    arguments = [losing.root, BUSINESS, BENTO, QUESTION, start_at(11, week=4).isoformat()]
    with losing.loses_its_worker(email):
        seen = json.loads(run(node, client, "book.js", *arguments))
    assert seen["statuses"][:2] == [201, 201]
    assert seen["same"] is True
    assert len(losing.bookings(email)) == 1


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed on this machine")
def test_the_same_curl_again(losing: Facade) -> None:
    """A backend's, sent again by hand with its key: nothing, then that it is under way, then the booking."""
    email = "curled@contoso.com"
    command = [
        "curl", "--silent", "--show-error", "--include", address(losing).replace("/v1/", "/v1/partner/"),
        "-H", f"x-functions-key: {KEY}",
        "-H", "Content-Type: application/json", "-H", f"Idempotency-Key: {email}",
        "-d", json.dumps(booking(email, 13)),
    ]  # fmt: skip

    def once() -> tuple[str, str]:
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        head, _, body = shown.replace("\r\n", "\n").rpartition("\n\n")
        return head.split()[1], body

    with losing.loses_its_worker(email):
        assert once() == ("500", "")
    seen = [once()]
    while seen[-1][0] == "409":
        assert json.loads(seen[-1][1])["code"] == "idempotency-key-in-flight"
        time.sleep(1)
        seen.append(once())
    assert seen[-1][0] == "201"
    assert json.loads(seen[-1][1])["status"] == "confirmed"
    assert len(losing.bookings(email)) == 1
