"""What all answers have in common: the base of their models, and the parts that occur in several."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.domain.zones import iana_zone

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
