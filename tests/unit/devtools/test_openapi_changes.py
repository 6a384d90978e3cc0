"""A change of the API's description is told apart by what it means to callers who know the old one."""

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from devtools.openapi import __main__ as command
from devtools.openapi.changes import last_version, main, may_break, report
from devtools.openapi.compare import Comparison
from devtools.openapi.document import document

Json = dict[str, Any]
BUSINESS = "/api/v1/businesses/{business}"
BOOKINGS = f"{BUSINESS}/bookings"


def schema(described: Json, name: str) -> Json:
    """One of the document's objects."""
    found: Json = described["components"]["schemas"][name]
    return found


def found_breaks(change: Callable[[Json], object]) -> list[str]:
    """What the change breaks in the description as it is."""
    new = copy.deepcopy(document())
    change(new)
    return Comparison(document(), new).breaks()


NULLABLE = {"anyOf": [{"type": "integer"}, {"type": "null"}]}
BREAKING: dict[str, tuple[Callable[[Json], object], str]] = {
    "a route goes": (lambda new: new["paths"].pop(BUSINESS), "is gone"),
    "a method goes": (lambda new: new["paths"][BOOKINGS].pop("post"), "is gone"),
    "a parameter goes": (
        lambda new: new["components"]["parameters"]["business"].update(name="b"), "takes no business",
    ),
    "a header is asked for": (
        lambda new: new["components"]["parameters"]["Idempotency-Key"].update(required=True),
        "asks for Idempotency-Key",
    ),
    "a form is refused": (
        lambda new: new["components"]["requestBodies"]["CreateBooking"]["content"].pop("multipart/form-data"),
        "takes no multipart/form-data",
    ),
    "a field is asked for": (
        lambda new: schema(new, "CustomerBody")["required"].append("phone"), "asks for phone",
    ),
    "a field is refused": (
        lambda new: schema(new, "CustomerBody")["properties"].pop("notes"), "has no notes",
    ),
    "a text is shorter": (
        lambda new: schema(new, "CustomerBody")["properties"]["name"].update(maxLength=50), "maxLength 50",
    ),
    "a text is longer": (
        lambda new: schema(new, "CustomerBody")["properties"]["name"].update(minLength=5), "minLength 5",
    ),
    "a text has another form": (
        lambda new: schema(new, "BookingBody")["properties"]["serviceId"].update(pattern="^x$"), "pattern",
    ),
    "null is refused": (
        lambda new: schema(new, "AddressBody")["properties"].update(street={"type": "string"}), "null",
    ),
    "an answer goes": (
        lambda new: new["paths"][BOOKINGS]["post"]["responses"].pop("202"), "does not answer 202",
    ),
    "a media type goes": (
        lambda new: new["paths"][BUSINESS]["get"]["responses"]["200"]["content"].clear(),
        "has no application",
    ),
    "a member goes": (lambda new: schema(new, "Slot")["properties"].pop("seatsLeft"), "has no seatsLeft"),
    "a member may be missing": (lambda new: schema(new, "Slot")["required"].remove("end"), "without end"),
    "a member may be null": (
        lambda new: schema(new, "Slot")["properties"].update(seatsLeft=NULLABLE),
        "may be null",
    ),
    "a status is another": (
        lambda new: schema(new, "BookingConfirmed")["properties"]["status"].update(const="booked"),
        "'booked'",
    ),
    "a problem goes": (lambda new: new["x-problems"].pop(), "problem"),
    "a rule goes": (lambda new: new["x-booking-rules"].pop(), "rule"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(BREAKING))
def test_what_breaks_callers_is_told(name: str) -> None:
    """Each kind of break is one sentence that names it."""
    change, expected = BREAKING[name]
    told = found_breaks(change)
    assert told
    assert any(expected in one for one in told), told


HARMLESS: dict[str, Callable[[Json], object]] = {
    "nothing": lambda _: None,
    "a new route": lambda new: new["paths"].update({"/api/v2": new["paths"][BUSINESS]}),
    "a new member of an answer": lambda new: schema(new, "Slot")["properties"].update(
        more={"type": "string"}
    ),
    "a new optional field": lambda new: schema(new, "BookingBody")["properties"].update(
        more={"type": "string"}
    ),
    "a longer text": lambda new: schema(new, "CustomerBody")["properties"]["name"].update(maxLength=500),
    "a new problem": lambda new: new["x-problems"].append({"code": "new"}),
    "a text that may be null": lambda new: schema(new, "CustomerBody")["properties"].update(
        name={"anyOf": [schema(new, "CustomerBody")["properties"]["name"], {"type": "null"}]}
    ),
    "other words": lambda new: new["info"].update(description="Other words."),
}


@pytest.mark.parametrize("name", sorted(HARMLESS))
def test_what_callers_need_not_notice_is_no_break(name: str) -> None:
    """More may be taken and more may come."""
    assert found_breaks(HARMLESS[name]) == []


@pytest.mark.parametrize(
    ("before", "now", "allowed"),
    [
        ("1.0.0", "2.0.0", True), ("1.4.0", "1.5.0", False), ("1.0.0", "1.0.1", False),
        ("0.1.0", "0.2.0", True), ("0.1.0", "0.1.1", False), ("0.9.0", "1.0.0", True),
    ],
)  # fmt: skip
def test_only_a_version_that_says_so_may_break(before: str, now: str, *, allowed: bool) -> None:
    """A new major number, or a new minor one before the first."""
    assert may_break(before, now) is allowed
    assert report(before, now, ["GET /x is gone"])[0] == int(not allowed)
    assert report(before, now, [])[0] == 0


def test_the_last_version_is_found_in_the_history(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not the last commit, but the one that set the version; without a history, nothing."""
    assert last_version(tmp_path) is None
    described = copy.deepcopy(document())
    for number, path in (("1.0.0", "/api/one"), ("1.0.0", "/api/two")):
        described["paths"] = {path: document()["paths"][BUSINESS]}
        commit(tmp_path, number, described)
    found = last_version(tmp_path)
    assert found is not None
    assert (found[0], list(found[1]["paths"])) == ("1.0.0", ["/api/one"])
    assert main(tmp_path) == 1
    assert "GET /api/one is gone" in capsys.readouterr().err
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "2.0.0"\n')
    assert main(tmp_path) == 0


def commit(root: Path, number: str, described: Json) -> None:
    """One version of a project in a history of its own."""
    (root / "docs").mkdir(exist_ok=True)
    (root / "docs" / "openapi.json").write_text(json.dumps(described))
    (root / "pyproject.toml").write_text(f'[project]\nversion = "{number}"\n')
    author = ["-c", "user.name=a", "-c", "user.email=a@contoso.com", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "-q"], ["add", "."], [*author, "commit", "-qm", "A version"]):
        subprocess.run(["git", *arguments], cwd=root, check=True)


def test_a_stale_document_fails_the_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--check` writes nothing and says what to do; without it the document is written."""
    target = tmp_path / "openapi.json"
    target.write_text("{}")
    assert command.main(["--check"], target) == 1
    assert "run make openapi" in capsys.readouterr().err
    assert target.read_text() == "{}"
    assert command.main([], target) == 0
    assert command.main(["--check"], target) == 0
