"""What all answers have in common: the base of their models, shared parts, and how they are sent."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Annotated

import azure.functions as func
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.domain.zones import iana_zone

NO_STORE = {"Cache-Control": "no-store"}
PUBLIC = "public, max-age=60"

Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Duration = Annotated[str, Field(json_schema_extra={"format": "duration"}, examples=["PT30M"])]
Day = Annotated[str, Field(json_schema_extra={"format": "date"})]


class ResponseModel(BaseModel):
    """A JSON object of an answer; members that were not given are left out of the JSON."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=True,
        extra="forbid",
        frozen=True,
        defer_build=True,
    )

    def to_json(self) -> str:
        """The JSON that is sent."""
        return self.model_dump_json(by_alias=True, exclude_unset=True)


class Moment(ResponseModel):
    """An instant that cannot be misread."""

    utc: Instant = Field(description="In UTC")
    local: Instant = Field(description="The same instant with the offset of `timeZone`")
    time_zone: str = Field(description="An IANA name")


class Named(ResponseModel):
    """Somebody or something with an id."""

    id: str
    name: str


def moment(instant: datetime, zone: str) -> Moment:
    """An instant in UTC, local with its offset, and the zone's name."""
    utc = instant.isoformat(timespec="seconds").replace("+00:00", "Z")
    local = instant.astimezone(iana_zone(zone)).isoformat(timespec="seconds")
    return Moment(utc=utc, local=local, time_zone=zone)


def json_response(
    answer: ResponseModel | str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    media_type: str = "application/json",
) -> func.HttpResponse:
    """An answer that nobody keeps; a text goes out byte for byte."""
    return func.HttpResponse(
        answer if isinstance(answer, str) else answer.to_json(),
        status_code=status,
        headers={**NO_STORE, **(headers or {})},
        mimetype=media_type,
    )


def cacheable(
    request: func.HttpRequest,
    answer: ResponseModel | str,
    media_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> func.HttpResponse:
    """An answer that caches may keep for a minute and ask about by its ETag; 304 where it is known."""
    text = answer if isinstance(answer, str) else answer.to_json()
    tag = f'"{sha256(text.encode()).hexdigest()[:32]}"'
    kept = {"ETag": tag, "Cache-Control": PUBLIC, **(headers or {})}
    if _matches(request.headers.get("if-none-match", ""), tag):
        return func.HttpResponse(status_code=304, headers=kept, mimetype=media_type)
    return func.HttpResponse(text, status_code=200, headers=kept, mimetype=media_type)


def _matches(asked: str, tag: str) -> bool:
    """Whether If-None-Match names this tag, compared weakly (RFC 9110, section 13.1.2)."""
    return asked.strip() == "*" or any(one.strip().removeprefix("W/") == tag for one in asked.split(","))
