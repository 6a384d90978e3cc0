"""The settings, read once from the environment and validated all at once.

`Settings.from_environ` is the only reader of the environment in the house (azure-identity reads its
own variables). Every mistake is reported with the setting's name, the shape of what was given (never
the value: it may be a secret) and what is expected.
"""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Annotated, Literal, TypeVar, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from shared.domain.addresses import LOOPBACK, secure_address, web_origins
from shared.domain.limits import EXPECTED, LIMITS, Limit, read_limits
from shared.domain.shop.businesses import EXPECTED as BUSINESSES_EXPECTED
from shared.domain.shop.businesses import Mailbox, read_businesses

M = TypeVar("M", bound=BaseModel)

GRAPH_ROOTS = {
    "global": "https://graph.microsoft.com",
    "usgov": "https://graph.microsoft.us",
    "dod": "https://dod-graph.microsoft.us",
}
NO_BOOKINGS = "china"
FIELD_NAME = re.compile(r"[\w.*$:\[\]-]{1,100}", re.ASCII)
MIN_SECRET = 32
LONGEST_REQUEST = 230
"""Seconds after which Azure ends an HTTP request."""

LIFE_EXPECTED = (
    "at least REQUEST_BUDGET_SECONDS + GRAPH_CALL_SECONDS, so that no write can land after its lock has ended"
)


class SettingsError(Exception):
    """One or more settings are missing or wrong; `mistakes` has a sentence for each."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("the settings are wrong:\n" + "\n".join(f"  - {mistake}" for mistake in mistakes))
        self.mistakes = mistakes


def _wrong(expected: str) -> PydanticCustomError:
    """What was expected instead."""
    return PydanticCustomError("setting", "{expected}", {"expected": expected})


def _parsed(parse: Callable[[str], object], expected: str) -> BeforeValidator:
    """Read by a function that raises ValueError."""

    def read(text: str) -> object:
        try:
            return parse(text)
        except ValueError as error:
            raise _wrong(expected) from error

    return BeforeValidator(read)


def shape(text: str) -> str:
    """What a value looks like, without saying it."""
    kind = "a JSON value" if text[:1] in '{["' else "a number" if text.isdigit() else "a text"
    return f"{kind} of {len(text)} characters"


def _businesses(text: str) -> Mapping[str, Mailbox]:
    try:
        return read_businesses(text)
    except ValueError as error:
        raise _wrong(str(error)) from error


def _cloud(text: str) -> str:
    if text == NO_BOOKINGS:
        raise _wrong(
            "global, usgov or dod; the cloud in China (21Vianet) is refused: it has no Microsoft Bookings"
        )
    return text


def _secret(text: str) -> str:
    if len(text) < MIN_SECRET:
        raise _wrong(f"a secret of at least {MIN_SECRET} characters")
    return text


def _graph_url(text: str) -> str:
    url = urlsplit(text)
    if url.scheme == "http" and url.hostname in LOOPBACK:
        return text.rstrip("/")
    try:
        return secure_address(text)
    except ValueError as wrong:
        raise _wrong("an https URL, or an http URL of this machine for the emulator") from wrong


def _field_names(text: str) -> tuple[str, ...]:
    names = tuple(part for part in re.split(r"[\s,]+", text) if part)
    if not all(FIELD_NAME.fullmatch(name) for name in names):
        raise _wrong("names of form fields such as crm_*, separated by commas; * stands for anything")
    return names


def _whole(text: str, least: int = 0, most: int = 3) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text) or not least <= int(text) <= most:
        raise _wrong(f"a number from {least} to {most}")
    return int(text)


def _seconds(text: str, most: int = LONGEST_REQUEST) -> timedelta:
    value = float(text) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) else 0.0
    if not 0 < value <= most:
        raise _wrong(f"a number of seconds above 0 and at most {most}")
    return timedelta(seconds=value)


Secret = Annotated[str | None, BeforeValidator(_secret), Field(repr=False)]
Origins = Annotated[
    tuple[str, ...], _parsed(web_origins, "origins such as https://www.contoso.com, separated by commas")
]
Days = Annotated[timedelta, BeforeValidator(lambda text: timedelta(days=_whole(text, 1, 3653)))]
Seconds = Annotated[timedelta, BeforeValidator(_seconds)]


class Timings(BaseModel):
    """The bounds in time of a request; each protects the next (see docs/guarantees.md)."""

    model_config = ConfigDict(frozen=True)

    request_budget: Seconds = Field(timedelta(seconds=25), alias="REQUEST_BUDGET_SECONDS")
    graph_call: Seconds = Field(timedelta(seconds=10), alias="GRAPH_CALL_SECONDS")
    lock_wait: Seconds = Field(timedelta(seconds=3), alias="LOCK_WAIT_SECONDS")
    lock_life: Seconds = Field(timedelta(seconds=60), alias="LOCK_LIFE_SECONDS")
    list_lag: Seconds = Field(timedelta(seconds=5), alias="LIST_LAG_SECONDS")


class Settings(BaseModel):
    """Everything that differs between deployments."""

    model_config = ConfigDict(frozen=True)

    businesses: Annotated[Mapping[str, Mailbox], BeforeValidator(_businesses)] = Field(
        alias="BOOKING_BUSINESSES"
    )
    graph_cloud: Annotated[Literal["global", "usgov", "dod"], BeforeValidator(_cloud)] = Field(
        "global", alias="GRAPH_CLOUD"
    )
    graph_base_url: Annotated[str | None, BeforeValidator(_graph_url)] = Field(None, alias="GRAPH_BASE_URL")
    graph_credential: Literal["managed_identity", "environment"] = Field(
        "managed_identity", alias="GRAPH_CREDENTIAL"
    )
    graph_features: Literal["read", "book", "cancel"] = Field("book", alias="GRAPH_FEATURES")
    client_id: str | None = Field(None, alias="AZURE_CLIENT_ID")
    store: Literal["memory", "tables"] = Field("memory", alias="STORE")
    tables_endpoint: Annotated[str | None, _parsed(secure_address, "an https URL")] = Field(
        None, alias="TABLES_ENDPOINT"
    )
    booking_secret: Secret = Field(None, alias="BOOKING_SECRET")
    require_consent: Literal["page", "all"] = Field("page", alias="REQUIRE_CONSENT")
    human_check: Literal["off", "altcha", "turnstile"] = Field("off", alias="HUMAN_CHECK")
    altcha_hmac_key: Secret = Field(None, alias="ALTCHA_HMAC_KEY")
    turnstile_secret: str | None = Field(None, alias="TURNSTILE_SECRET", repr=False)
    turnstile_site_key: str | None = Field(None, alias="TURNSTILE_SITE_KEY")
    allowed_return_origins: Origins = Field((), alias="ALLOWED_RETURN_ORIGINS")
    allowed_form_origins: Origins = Field((), alias="ALLOWED_FORM_ORIGINS")
    frame_ancestors: Origins = Field((), alias="FRAME_ANCESTORS")
    ignored_form_fields: Annotated[tuple[str, ...], BeforeValidator(_field_names)] = Field(
        (), alias="IGNORED_FORM_FIELDS"
    )
    trusted_proxies: Annotated[int, BeforeValidator(_whole)] = Field(0, alias="TRUSTED_PROXIES")
    limits: Annotated[Mapping[str, Limit], _parsed(read_limits, EXPECTED)] = Field(LIMITS, alias="LIMITS")
    catalogue_kept: Annotated[timedelta, BeforeValidator(lambda text: _seconds(text, 86_400))] = Field(
        timedelta(minutes=15), alias="CATALOGUE_KEPT_SECONDS"
    )
    public_base_url: Annotated[str | None, BeforeValidator(_graph_url)] = Field(None, alias="PUBLIC_BASE_URL")
    microsoft_manage_link: Literal["off", "service"] = Field("off", alias="MICROSOFT_MANAGE_LINK")
    website_hostname: str | None = Field(None, alias="WEBSITE_HOSTNAME")
    bookings_kept: Days = Field(timedelta(days=30), alias="BOOKINGS_KEPT_DAYS")
    timings: Timings = Timings()

    @property
    def graph_root(self) -> str:
        """Microsoft Graph's address in the cloud that was chosen."""
        return GRAPH_ROOTS[self.graph_cloud]

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """The settings in `environ`; raises SettingsError with all mistakes."""
        given = {name: text.strip() for name, text in environ.items() if text.strip()}
        timings, wrong_timings = _read(Timings, given)
        settings, wrong = _read(cls, given)
        mistakes = {
            **wrong,
            **wrong_timings,
            **_too_short_a_life(given, wrong_timings),
            **_missing(given, wrong),
        }
        if settings is None or timings is None or mistakes:
            raise SettingsError(tuple(mistakes.values()))
        return settings.model_copy(update={"timings": timings})


REQUIRED_BY = {
    "TABLES_ENDPOINT": ("STORE", "tables"),
    "BOOKING_SECRET": ("STORE", "tables"),
    "HUMAN_CHECK": ("STORE", "tables"),  # production without a check is a decision, which "off" says
    "ALTCHA_HMAC_KEY": ("HUMAN_CHECK", "altcha"),
    "TURNSTILE_SECRET": ("HUMAN_CHECK", "turnstile"),
    "TURNSTILE_SITE_KEY": ("HUMAN_CHECK", "turnstile"),
}
"""Settings that another one makes necessary."""


def _read(model: type[M], given: Mapping[str, str]) -> tuple[M | None, dict[str, str]]:
    """The model, or None and each mistake by the setting's name."""
    try:
        return model.model_validate(given), {}
    except ValidationError as error:
        found = error.errors(include_url=False)
    return None, {str(one["loc"][0]): _mistake(model, one, given) for one in found}


def _mistake(model: type[BaseModel], error: ErrorDetails, given: Mapping[str, str]) -> str:
    name = str(error["loc"][0])
    if error["type"] == "missing":
        return f"{name}: expected {BUSINESSES_EXPECTED}; it is missing"
    expected = error["msg"]
    if error["type"] == "literal_error":
        field = next(one for one in model.model_fields.values() if one.alias == name)
        expected = "one of " + ", ".join(get_args(field.annotation))
    return f"{name}: expected {expected}; got {shape(given[name])}"


def _too_short_a_life(given: Mapping[str, str], wrong: Mapping[str, str]) -> dict[str, str]:
    timings = Timings.model_validate({name: text for name, text in given.items() if name not in wrong})
    if timings.lock_life >= timings.request_budget + timings.graph_call:
        return {}
    return {"": f"LOCK_LIFE_SECONDS: expected {LIFE_EXPECTED}"}


def _missing(given: Mapping[str, str], wrong: Mapping[str, str]) -> dict[str, str]:
    return {
        name: f"{name}: expected a value because of {setting}={value}; it is missing"
        for name, (setting, value) in REQUIRED_BY.items()
        if given.get(setting) == value and name not in given and name not in wrong
    }
