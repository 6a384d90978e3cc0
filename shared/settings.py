"""The settings, read once from the environment and validated all at once.

`Settings.from_environ` is the only reader of the environment in the house (azure-identity reads its
own variables). Every mistake is reported with the setting's name, the shape of what was given (never
the value: it may be a secret) and what is expected.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

T = TypeVar("T")

GRAPH_ROOTS = {
    "global": "https://graph.microsoft.com",
    "usgov": "https://graph.microsoft.us",
    "dod": "https://dod-graph.microsoft.us",
}
ALIAS = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
MAILBOX = re.compile(r"[^@\s/\\#?]{1,64}@[^@\s/\\#?]{1,189}")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
MIN_SECRET = 32
LONGEST_REQUEST = 230  # seconds: then Azure ends an HTTP request
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A business; `time_zone` (IANA) where Graph names none, `is_public` though Microsoft's page is not."""

    address: str
    time_zone: str | None = None
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class Timings:
    """The bounds in time of a request; each protects the next (see docs/guarantees.md)."""

    request_budget: timedelta = timedelta(seconds=25)
    graph_call: timedelta = timedelta(seconds=10)
    lock_wait: timedelta = timedelta(seconds=3)
    lock_life: timedelta = timedelta(seconds=60)
    list_lag: timedelta = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs between deployments."""

    businesses: Mapping[str, Mailbox]
    graph_root: str
    graph_base_url: str | None = None
    graph_credential: str = "managed_identity"
    client_id: str | None = None
    store: str = "memory"
    tables_endpoint: str | None = None
    booking_secret: str | None = field(default=None, repr=False)
    human_check: str = "off"
    altcha_hmac_key: str | None = field(default=None, repr=False)
    turnstile_secret: str | None = field(default=None, repr=False)
    turnstile_site_key: str | None = None
    allowed_return_origins: tuple[str, ...] = ()
    frame_ancestors: tuple[str, ...] = ()
    trusted_proxies: int = 0
    timings: Timings = field(default_factory=Timings)
    catalogue_kept: timedelta = QUARTER

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """The settings in `environ`; raises SettingsError with all mistakes."""
        read = _Reader(environ)
        settings = cls(
            businesses=read.required("BOOKING_BUSINESSES", _businesses) or {},
            graph_root=GRAPH_ROOTS[read.optional("GRAPH_CLOUD", _cloud, "global")],
            graph_base_url=read.optional("GRAPH_BASE_URL", _graph_url, None),
            graph_credential=read.optional(
                "GRAPH_CREDENTIAL", one_of("managed_identity", "environment"), "managed_identity"
            ),
            client_id=read.optional("AZURE_CLIENT_ID", str, None),
            store=read.optional("STORE", one_of("memory", "tables"), "memory"),
            tables_endpoint=read.optional("TABLES_ENDPOINT", _https_url, None),
            booking_secret=read.optional("BOOKING_SECRET", _secret, None),
            human_check=read.optional("HUMAN_CHECK", one_of("off", "altcha", "turnstile"), "off"),
            altcha_hmac_key=read.optional("ALTCHA_HMAC_KEY", _secret, None),
            turnstile_secret=read.optional("TURNSTILE_SECRET", str, None),
            turnstile_site_key=read.optional("TURNSTILE_SITE_KEY", str, None),
            allowed_return_origins=read.optional("ALLOWED_RETURN_ORIGINS", _origins, ()),
            frame_ancestors=read.optional("FRAME_ANCESTORS", _origins, ()),
            trusted_proxies=read.optional("TRUSTED_PROXIES", _few, 0),
            timings=read.timings(),
            catalogue_kept=read.optional("CATALOGUE_KEPT_SECONDS", _day, QUARTER),
        )
        read.require_together(settings)
        if read.mistakes:
            raise SettingsError(tuple(read.mistakes))
        return settings


class SettingsError(Exception):
    """One or more settings are missing or wrong; `mistakes` has a sentence for each."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("the settings are wrong:\n" + "\n".join(f"  - {mistake}" for mistake in mistakes))
        self.mistakes = mistakes


class _Wrong(Exception):
    """What was expected instead."""


TIMING_NAMES = {
    "REQUEST_BUDGET_SECONDS": "request_budget",
    "GRAPH_CALL_SECONDS": "graph_call",
    "LOCK_WAIT_SECONDS": "lock_wait",
    "LOCK_LIFE_SECONDS": "lock_life",
    "LIST_LAG_SECONDS": "list_lag",
}


class _Reader:
    """Reads settings one by one and keeps every mistake."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.mistakes: list[str] = []

    def optional(self, name: str, parse: Callable[[str], T], default: T) -> T:
        text = self._environ.get(name, "").strip()
        if not text:
            return default
        try:
            return parse(text)
        except _Wrong as wrong:
            self.mistakes.append(f"{name}: expected {wrong}; got {shape(text)}")
            return default

    def required(self, name: str, parse: Callable[[str], T]) -> T | None:
        if not self._environ.get(name, "").strip():
            self.mistakes.append(f"{name}: expected {BUSINESSES_EXPECTED}; it is missing")
        return self.optional(name, parse, None)

    def timings(self) -> Timings:
        given = {
            member: self.optional(name, _seconds, getattr(Timings(), member))
            for name, member in TIMING_NAMES.items()
        }
        timings = Timings(**given)
        if timings.lock_life < timings.request_budget + timings.graph_call:
            self.mistakes.append(
                "LOCK_LIFE_SECONDS: expected at least REQUEST_BUDGET_SECONDS + GRAPH_CALL_SECONDS, "
                "so that no write can land after its lock has ended"
            )
        return timings

    def require_together(self, settings: Settings) -> None:
        needs = {
            "TABLES_ENDPOINT": (settings.store == "tables", settings.tables_endpoint, "STORE=tables"),
            "BOOKING_SECRET": (settings.store == "tables", settings.booking_secret, "STORE=tables"),
            "ALTCHA_HMAC_KEY": (
                settings.human_check == "altcha", settings.altcha_hmac_key, "HUMAN_CHECK=altcha",
            ),
            "TURNSTILE_SECRET": (
                settings.human_check == "turnstile", settings.turnstile_secret, "HUMAN_CHECK=turnstile",
            ),
            "TURNSTILE_SITE_KEY": (
                settings.human_check == "turnstile", settings.turnstile_site_key, "HUMAN_CHECK=turnstile",
            ),
        }  # fmt: skip
        for name, (needed, value, why) in needs.items():
            if needed and not value and not any(one.startswith(f"{name}:") for one in self.mistakes):
                self.mistakes.append(f"{name}: expected a value because of {why}; it is missing")


def shape(text: str) -> str:
    """What a value looks like, without saying it."""
    kind = "a JSON value" if text[:1] in '{["' else "a number" if text.isdigit() else "a text"
    return f"{kind} of {len(text)} characters"


BUSINESSES_EXPECTED = (
    'a JSON object such as {"contoso-lunch": "contosolunch@contoso.com"} or '
    '{"contoso-lunch": {"mailbox": "contosolunch@contoso.com", "timeZone": "America/Chicago"}}, its aliases '
    "in lower case letters, digits and hyphens"
)


def _businesses(text: str) -> Mapping[str, Mailbox]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise _Wrong(BUSINESSES_EXPECTED) from error
    if not isinstance(value, dict) or not value:
        raise _Wrong(BUSINESSES_EXPECTED)
    return {_alias(alias): _mailbox(entry) for alias, entry in value.items()}


def _alias(alias: str) -> str:
    if not ALIAS.fullmatch(alias):
        raise _Wrong(BUSINESSES_EXPECTED)
    return alias


def _mailbox(entry: object) -> Mailbox:
    if isinstance(entry, str):
        entry = {"mailbox": entry}
    if not isinstance(entry, dict) or set(entry) - {"mailbox", "timeZone", "public"}:
        raise _Wrong(BUSINESSES_EXPECTED)
    address, zone = entry.get("mailbox"), entry.get("timeZone")
    if not isinstance(address, str) or not MAILBOX.fullmatch(address):
        raise _Wrong(BUSINESSES_EXPECTED)
    if zone is not None and not _is_zone(zone):
        raise _Wrong("IANA time zone names such as Europe/Paris as timeZone")
    if not isinstance(entry.get("public", False), bool):
        raise _Wrong("true or false as public")
    return Mailbox(address, zone, entry.get("public", False))


def _is_zone(name: object) -> bool:
    try:
        return isinstance(name, str) and bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError):
        return False


def _cloud(text: str) -> str:
    if text == "china":
        raise _Wrong(
            "global, usgov or dod; the cloud in China (21Vianet) is refused: it has no Microsoft Bookings"
        )
    return one_of(*GRAPH_ROOTS)(text)


def one_of(*values: str) -> Callable[[str], str]:
    """A parser that takes exactly these values."""

    def parse(text: str) -> str:
        if text not in values:
            raise _Wrong("one of " + ", ".join(values))
        return text

    return parse


def _secret(text: str) -> str:
    if len(text) < MIN_SECRET:
        raise _Wrong(f"a secret of at least {MIN_SECRET} characters")
    return text


def _https_url(text: str) -> str:
    url = urlsplit(text)
    if url.scheme != "https" or not url.hostname or url.query or url.username:
        raise _Wrong("an https URL")
    return text.rstrip("/")


def _graph_url(text: str) -> str:
    url = urlsplit(text)
    if url.scheme == "http" and url.hostname in LOOPBACK:
        return text.rstrip("/")
    try:
        return _https_url(text)
    except _Wrong as wrong:
        raise _Wrong("an https URL, or an http URL of this machine for the emulator") from wrong


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(part for part in re.split(r"[\s,]+", text) if part)
    if not all(_is_origin(origin) for origin in origins):
        raise _Wrong("origins such as https://www.contoso.com, separated by commas")
    return origins


def _is_origin(text: str) -> bool:
    url = urlsplit(text)
    plain = f"{url.scheme}://{url.netloc}" == text and bool(url.hostname) and not url.username
    return plain and (url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK))


def _few(text: str) -> int:
    if text not in {"0", "1", "2", "3"}:
        raise _Wrong("a number from 0 to 3")
    return int(text)


def _day(text: str) -> timedelta:
    return _seconds(text, 86_400)


def _seconds(text: str, most: int = LONGEST_REQUEST) -> timedelta:
    value = float(text) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) else 0.0
    if not 0 < value <= most:
        raise _Wrong(f"a number of seconds above 0 and at most {most}")
    return timedelta(seconds=value)
