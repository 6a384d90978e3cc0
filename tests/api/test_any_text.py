"""Any text that a person can type or paste is booked as meant, or refused at its field and given back.

Sent as JSON, urlencoded and as multipart, in UTF-8 and in charsets of old pages, to browsers and to programs.
`TEXT_EXAMPLES` says how many texts are tried.
"""

import itertools
import json
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.test_form_bytes import MULTIPART, encoded, parts
from tests.api.test_forms import BROWSER, FORM, URL
from tests.support.facade import BENTO, QUESTION, Facade, start_at

EXAMPLES = int(os.environ.get("TEXT_EXAMPLES", "25"))
PASTED = [
    "\u200b",
    "\u200c",
    "\u200d",
    "\u200e",
    "\u202a",
    "\u202c",
    "\u2066",
    "\u2069",
    "\u2060",
    "\ufeff",
    "\xad",
    "\u3164",
    "\u2800",
    "\x00",
    "\x03",
    "\x0b",
    "\x0c",
    "\x1e",
    "\x1f",
    "\x7f",
    "\x85",
    "\x93",
    "\x80",
    "\u2028",
    "\u2029",
    "\r\n",
    "\r",
    "\n",
    "\t",
    "\xa0",
    "\u3000",
    "e\u0301",
    "\u212b",
    "\ufffc",
    "\ufffe",
    "\u2764\ufe0f",
    "\U0001f469\u200d\U0001f4bb",
    "\u845b\U000e0100",
    "\u0645\u06cc\u200c\u062e",
    "\u0d28\u0d4d\u200d",
    "<b>&amp;\"'",
    "%41+%zz",
    "A" * 90,
    "Jos\xe9",
    "\u0141ukasz",
    "\u5c71\u7530",
    "\u20ac 5 \u2013 \u201cx\u201d",
]
UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc\u180b\u180c\u180d\u180f")
OF_WINDOWS = {n: bytes([n]).decode("cp1252", "ignore") for n in range(0x80, 0xA0) if n != 0x85}
SERIAL = itertools.count()
SLOTS_OF_A_DAY, SEATS = 16, 4

texts = (
    st.lists(st.text(max_size=8) | st.sampled_from(PASTED), max_size=6)
    .map("".join)
    .filter(
        lambda text: "&#" not in text  # what an old page sends for a character that it lacks
    )
)
CHARSETS = {name: name for name in ("utf-8", "windows-1252", "iso-8859-2", "windows-1251")} | {
    "shift_jis": "cp932"
}
"""Each with Python's name of what browsers write under this name."""


def ink(text: str) -> str:
    """What of a text leaves ink on paper, however its letters are composed."""
    plain = text.replace("\x1e", "-").translate(OF_WINDOWS)
    left = [one for one in plain if not _is_unseen(one)]
    return unicodedata.normalize("NFC", "".join(left))


def _is_unseen(one: str) -> bool:
    is_selector = 0xFE00 <= ord(one) <= 0xFE0F or 0xE0000 <= ord(one) <= 0xE0FFF
    # What Unicode has not assigned may be a letter tomorrow, and is none of these.
    is_control = unicodedata.category(one) in {"Cc", "Cf"} or ord(one) & 0xFFFE == 0xFFFE
    return one.isspace() or is_selector or is_control or one in UNSEEN or 0xFDD0 <= ord(one) <= 0xFDEF


@dataclass(frozen=True)
class Typed:
    """What somebody typed, by the names of the form."""

    name: str
    notes: str
    street: str
    answer: str

    def fields(self, number: int) -> dict[str, str]:
        """A form that is right otherwise, of a person of their own at a time with seats left."""
        day, slot = divmod(number // SEATS, SLOTS_OF_A_DAY)
        start = start_at(8, week=2 + day // 5, weekday=day % 5) + timedelta(minutes=30 * slot)
        return {
            "serviceId": BENTO,
            "start": start.isoformat(),
            "customer.email": f"text{number}@contoso.com",
            "customer.name": self.name,
            "customer.notes": self.notes,
            "customer.address.street": self.street,
            f"answers.{QUESTION}": self.answer,
        }

    def json(self, number: int) -> bytes:
        """The same as JSON."""
        fields = self.fields(number)
        person = {"name": self.name, "email": fields["customer.email"], "notes": self.notes}
        body: dict[str, Any] = {"serviceId": BENTO, "start": fields["start"]}
        body["customer"] = {**person, "address": {"street": self.street}}
        body["answers"] = [{"questionId": QUESTION, "answer": self.answer}]
        return json.dumps(body).encode()


TYPED = st.builds(Typed, texts.map(lambda text: text + "A"), texts, texts, texts) | st.builds(
    Typed, texts, texts, texts, texts.map(lambda text: "7" + text)
)
POINTERS = {"/customer/name", "/customer/notes", "/customer/address/street", "/answers"}


class Page(HTMLParser):
    """What the fields of a page hold."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._area = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") not in {"radio", "checkbox"}:
            self.values[str(given.get("name"))] = given.get("value") or ""
        self._area = str(given.get("name")) if tag == "textarea" else ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] = self.values.get(self._area, "") + data

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 (the parser's)
        self._area = ""


async def kept(facade: Facade, email: str) -> Mapping[str, str]:
    """What the appointment of this person has of the texts."""
    people = [one for made in await facade.appointments() for one in made["customers"]]
    (person,) = (one for one in people if one["emailAddress"] == email)
    answers = person["customQuestionAnswers"]
    return {
        "customer.name": person["name"],
        "customer.notes": person["notes"] or "",
        "customer.address.street": (person["location"] or {}).get("address", {}).get("street") or "",
        f"answers.{QUESTION}": answers[0]["answer"] if answers else "",
    }


def _sendable(one: str, charset: str) -> str:
    """The character, or a reference where the charset lacks it; Python would write one that looks like it."""
    try:
        has = one.encode(charset).decode(charset) == one
    except UnicodeError:
        has = False
    return one if has else f"&#{ord(one)};"


@dataclass(frozen=True)
class Way:
    """How a booking is sent, and what is to come back."""

    body: str
    charset: str
    accept: str


async def send(facade: Facade, typed: Typed, number: int, way: Way) -> httpx.Response:
    """The booking, in one of the ways in which it may come."""
    body, media = typed.json(number), "application/json"
    if way.body != "json":
        fields = {**typed.fields(number), "_charset_": way.charset}
        written = CHARSETS[way.charset]
        fields = {name: "".join(_sendable(one, written) for one in text) for name, text in fields.items()}
        body = encoded(fields, written) if way.body == "urlencoded" else parts(fields, written)
        media = FORM if way.body == "urlencoded" else MULTIPART
    return await facade.http.post(URL, content=body, headers={"Content-Type": media, "Accept": way.accept})


@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)
@given(
    typed=TYPED,
    way=st.builds(
        Way,
        st.sampled_from(["json", "urlencoded", "multipart"]),
        st.sampled_from(sorted(CHARSETS)),
        st.sampled_from([BROWSER["Accept"], "application/json"]),
    ),
)
async def test_any_text(facade: Facade, typed: Typed, way: Way) -> None:
    """Booked and found in the appointment as meant, or refused with a pointer and nothing lost."""
    await facade.emulator.switch(notes_with_existing_customer="kept")
    number = next(SERIAL)
    answer = await send(facade, typed, number, way)
    sent = {name: ink(text) for name, text in typed.fields(number).items()}
    if answer.status_code in {201, 303}:
        found = await kept(facade, sent["customer.email"])
        assert {name: ink(text) for name, text in found.items()} == {name: sent[name] for name in found}
        return
    assert answer.status_code == 422, answer.text
    if "text/html" in answer.headers["content-type"]:
        values = Page(answer.text).values
        shown = {name: ink(values.get(name, "")) for name in sent if name not in {"start", "serviceId"}}
        assert shown == {name: sent[name] for name in shown}
    else:
        pointers = {one["pointer"] for one in answer.json()["errors"]}
        assert pointers
        assert all(any(one.startswith(place) for place in POINTERS) for one in pointers)
