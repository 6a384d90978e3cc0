"""The worker is killed between Graph's commit and the answer to an example client: one appointment."""

import json
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.azurite_server import Azurite
from tests.support.facade import BENTO, BUSINESS, KEY, QUESTION, start_at
from tests.support.generated_clients import run
from tests.support.lost_worker import Facade, losing_facade
from tests.support.servers import ROOT

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
    email = "documented@contoso.com"
    call = f"book({json.dumps(address(losing))}, {json.dumps(booking(email, 9))})"
    (tmp_path / "book.mjs").write_text(f"{documented('js')}\nconsole.log(JSON.stringify(await {call}));\n")
    with losing.loses_its_worker(email):
        seen = json.loads(run(node, "book.mjs", folder=tmp_path))
    assert seen["status"] == 201
    assert seen["said"]["status"] == "confirmed"
    assert len(losing.bookings(email)) == 1


def test_the_generated_typescript_client(node: str, clients: Path, losing: Facade) -> None:
    """The strictly typed client repeats with the same key; both of its equal requests get the one booking."""
    email = "jordanm@contoso.com"
    arguments = [losing.root, BUSINESS, BENTO, QUESTION, start_at(11, week=4).isoformat()]
    with losing.loses_its_worker(email):
        seen = json.loads(run(node, "book.js", *arguments, folder=clients))
    assert seen["statuses"][:2] == [201, 201]
    assert seen["same"] is True
    assert len(losing.bookings(email)) == 1


def documented(language: str) -> str:
    """The function of docs/api.md in this language, as it stands there."""
    blocks: list[str] = re.findall(rf"```{language}\n(.*?)```", API, re.DOTALL)
    (found,) = [one for one in blocks if "book(" in one]
    return found


def of_a_backend(facade: Facade) -> str:
    return address(facade).replace("/v1/", "/v1/partner/")


def test_the_python_of_the_documentation(losing: Facade, tmp_path: Path) -> None:
    """A backend's, by the standard library alone: it gets the confirmation of the one appointment."""
    email = "python@contoso.com"
    call = f"book({of_a_backend(losing)!r}, {KEY!r}, {booking(email, 13)!r})"
    (tmp_path / "book.py").write_text(f"{documented('python')}\n\nprint(json.dumps({call}))\n", "utf-8")
    with losing.loses_its_worker(email):
        status, said = json.loads(run(sys.executable, "-I", "book.py", folder=tmp_path))
    assert (status, said["status"]) == (201, "confirmed")
    assert len(losing.bookings(email)) == 1


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed on this machine")
def test_the_shell_of_the_documentation(losing: Facade, tmp_path: Path) -> None:
    """The same by curl: nothing, then that it is under way, then the booking."""
    email = "curled@contoso.com"
    call = shlex.join(["book", of_a_backend(losing), email, json.dumps(booking(email, 15))])
    with losing.loses_its_worker(email):
        said = json.loads(run("sh", "-c", f"PARTNER_KEY={KEY}\n{documented('sh')}\n{call}", folder=tmp_path))
    assert said["status"] == "confirmed"
    assert len(losing.bookings(email)) == 1
