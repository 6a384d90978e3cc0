"""Requests that nobody sends by accident, for every route; the same seed sends the same ones again."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from shared.api.requests.submission import MAX_BODY
from shared.api.routes import ROUTES
from tests.support.facade import BENTO, BUSINESS, KEY, QUESTION, booking, start_at
from tests.support.hostile_bodies import BOUNDARY, FORMS, JSON, MULTIPARTS, TEXTS

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", "X" * 40)
HOSTS = (
    "facade",
    "facade:7071",
    "[",
    "[::1]",
    "[::1",
    "a]b",
    "facade:x",
    "facade:99999999",
    "user@facade",
    "a" * 300,
    "a/b?c#d",
    "\xff\xfe",
    "",
    "169.254.169.254",
)
SEGMENTS = (
    "..",
    "%2e%2e%2f",
    "%00",
    "%ff%fe",
    "a" * 1500,
    "'%20or%201=1",
    "%3Cscript%3E",
    "\u202ebento",
    "contosolunchdelivery@contoso.com",
    "CONTOSO-LUNCH",
    "contoso-lunch%0d%0aX:y",
    "BK-00000000",
    ";jsessionid=1",
)
DATES = (
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "2199-01-01",
    "now",
    "",
    "1e9",
    "2026-12-01T00:00:00+99:99",
)
ZONES = (
    "America/Chicago",
    "Mars/Olympus",
    "../../etc/passwd",
    "localtime",
    "(UTC) ",
    "a" * 300,
    "\ufdfa" * 90,
)
ACCEPTS = (
    "text/html",
    "application/json",
    "*/*",
    "text/html;q=0.1,application/json;q=0.9",
    ";;;,,,q=q=q",
    "",
)
MEDIA = (
    "application/json",
    "application/json; charset=utf-16",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=koi8-r",
    f"multipart/form-data; boundary={BOUNDARY}",
    "multipart/form-data",
    "multipart/form-data; boundary=" + "x" * 500,
    "text/plain",
    "a/b; " * 200,
    "",
)
HEADERS = (
    "idempotency-key", "booking-token", "if-none-match", "cookie", "origin", "referer", "traceparent",
    "sec-fetch-site", "x-forwarded-for", "x-forwarded-proto", "x-original-url", "accept-language", "range",
    "authorization", "x-functions-key", "content-encoding", "expect", "x-http-method-override",
)  # fmt: skip
QUERY = (
    "from", "to", "timeZone", "staffId", "explain", "serviceId", "start", "token", "code", "step", "service",
    "staff", "month", "day", "lang", "theme", "embed", "returnUrl", "reference", "v", "a[]", "__proto__",
)  # fmt: skip
STEPS = ("services", "days", "details", "load")
FIELDS = (
    "serviceId", "start", "timeZone", "staffId", "customer", "customer.name", "customer.email",
    "customer.phone", "customer.notes", "customer.address.city", f"answers.{QUESTION}", "answers",
    "smsNotifications", "humanCheck", "website", "returnUrl", "idempotencyKey", "lang", "unknown",
    "a.b.c.d.e", "__proto__.x",
)  # fmt: skip

WEIGHTS = [{"create_booking": 10, "slots": 4, "booking_page": 4}.get(one.function, 1) for one in ROUTES]
"""What does much is asked for more often."""


@dataclass(frozen=True, slots=True)
class Hostile:
    """One request, as it goes over the wire."""

    method: str
    target: bytes
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes

    def __str__(self) -> str:
        """Enough to know it by; the seed and its number bring all of it back."""
        return f"{self.method} {self.target[:200]!r} {self.headers!r:.600} {self.body[:200]!r}"


class Attacker:
    """Makes requests, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)  # noqa: S311 (to be repeated)
        self._serial = 0

    def next(self) -> Hostile:
        """One more."""
        dice = self._dice
        self._serial += 1
        route = dice.choices(ROUTES, WEIGHTS)[0]
        method = dice.choice(route.methods) if dice.random() < 0.9 else dice.choice(METHODS)
        path = route.address
        for name, good in (
            ("business", BUSINESS),
            ("serviceId", BENTO),
            ("reference", "BK-1"),
            ("file", "book.js"),
        ):
            path = path.replace("{" + name + "}", good if dice.random() < 0.8 else self._segment())
        media, body = self._body(route.function) if method == "POST" or dice.random() < 0.05 else ("", b"")
        headers = self._headers(needs_key=route.needs_key)
        if media or dice.random() < 0.1:
            headers.append(("content-type", media))
        headers.append(("content-length", str(len(body))))
        wire = [(name.encode(), value.encode("utf-8", "replace")) for name, value in headers]
        return Hostile(method, path.encode("utf-8") + self._query(), wire, body)

    def _segment(self) -> str:
        return quote(self._dice.choice(SEGMENTS), safe="%;@'")

    def _text(self, most: int = 2000) -> str:
        shape = self._dice.choice(list(TEXTS.values()))
        return str(shape(self._dice.choice((0, 1, 10, 100, most))))

    def _value(self) -> Any:  # noqa: ANN401 (any JSON value)
        scalars: list[Any] = [None, True, -1, 10**30, 1e300, [], {}, "", [[]] * 60, {"a": {}}, [{}] * 2_000]
        scalars += [*DATES, *ZONES, self._text(), self._text(60_000)]
        return self._dice.choice(scalars)

    def _query(self) -> bytes:
        dice = self._dice
        if dice.random() < 0.4:
            return b""
        values = [*DATES, *ZONES, BENTO, "true", "services", "days", "load", self._text(300)]
        pairs = [(dice.choice(QUERY), dice.choice(values)) for _ in range(dice.randrange(1, 6))]
        if dice.random() < 0.5:
            first = start_at(week=dice.randrange(-1, 60)).date()
            last = first + timedelta(days=dice.choice((0, 6, 7, 30, 61, 62)))
            known = [("from", str(first)), ("to", str(last)), ("explain", dice.choice(("true", "false")))]
            pairs = [
                *known,
                ("service", BENTO),
                ("serviceId", BENTO),
                ("step", dice.choice(STEPS)),
                *pairs[:1],
            ]
        if dice.random() < 0.05:
            return b"?" + bytes(dice.choices(b"%&=+;a\xff", k=dice.choice((10, 3000))))
        return ("?" + "&".join(f"{name}={quote(value, errors='replace')}" for name, value in pairs)).encode()

    def _headers(self, *, needs_key: bool) -> list[tuple[str, str]]:
        dice = self._dice
        host = "facade" if dice.random() < 0.85 else dice.choice(HOSTS)
        accept = "text/html" if dice.random() < 0.5 else dice.choice(ACCEPTS)
        headers = [("host", host), ("accept", accept)]
        if dice.random() < 0.6:
            headers.append(("x-forwarded-for", f"198.51.{dice.randrange(256)}.{dice.randrange(256)}:1"))
        if needs_key and dice.random() < 0.8:
            headers.append(("x-functions-key", KEY))
        names = dice.sample(HEADERS, dice.randrange(3))
        return [*headers, *((name, "".join(one for one in self._text() if one >= " ")) for name in names)]

    def _body(self, function: str) -> tuple[str, bytes]:
        dice, kind = self._dice, self._dice.random()
        media = dice.choice(MEDIA)
        size = dice.choice((10, 1_000, 30_000, MAX_BODY - 100, MAX_BODY + 1_000))
        if kind < 0.4:
            return ("application/json" if dice.random() < 0.9 else media), self._booking(function)
        if kind < 0.7:
            form = self._form()
            return MEDIA[2] if dice.random() < 0.9 else media, form
        shapes, fits = dice.choice(((JSON, MEDIA[0]), (FORMS, MEDIA[2]), (MULTIPARTS, MEDIA[4])))
        raw = dice.choice(list(shapes.values()))(size)
        return fits if dice.random() < 0.8 else media, raw.encode("utf-8", "surrogatepass")

    def _person(self) -> dict[str, str]:
        return {"name": "Ann Beebe", "email": f"p{self._serial}@contoso.com"}

    def _start(self) -> str:
        return start_at(8 + self._serial % 8, 15 * (self._serial % 4), week=1 + self._serial % 8).isoformat()

    def _booking(self, function: str) -> bytes:
        """A body that is right but for a member or two."""
        body: dict[str, Any] = booking(customer=self._person(), start=self._start())
        if function == "create_partner_customer":
            body = {"displayName": "Ann", "emailAddress": self._person()["email"], "phones": []}
        for _ in range(self._dice.choice((0, 0, 1, 1, 2, 3))):
            at: Any = body
            *way, last = self._dice.choice(FIELDS).split(".")
            for part in way:
                at = at.setdefault(part, {}) if isinstance(at.get(part, {}), dict) else {}
            at[last] = self._value()
        return json.dumps(body).encode()

    def _form(self) -> bytes:
        person = self._person()
        usual: Mapping[str, str] = {
            "serviceId": BENTO,
            "start": self._start(),
            "customer.name": person["name"],
            "customer.email": person["email"],
            f"answers.{QUESTION}": "25",
        }
        few = self._dice.choice((0, 1, 1, 2, 5))
        changed = {
            self._dice.choice(FIELDS): self._text(self._dice.choice((300, 15_000))) for _ in range(few)
        }
        pairs = {**usual, **changed}.items()
        return "&".join(f"{quote(n)}={quote(v, errors='replace')}" for n, v in pairs).encode()[
            : MAX_BODY + 100
        ]
