"""The document of an error (RFC 9457)."""

from pydantic import Field

from shared.api.responses.model import ResponseModel


class ProblemError(ResponseModel):
    """One thing that is wrong."""

    pointer: str = Field(description="A JSON pointer into the request; empty for all of it")
    code: str = Field(description="Stable: a booking rule's, or the kind of mistake in a field")
    detail: str


class ProblemOut(ResponseModel):
    """An error (RFC 9457)."""

    type: str = Field(
        description="Where this kind of problem is explained", json_schema_extra={"format": "uri-reference"}
    )
    title: str
    status: int
    code: str = Field(description="The kind of problem, stable")
    instance: str = Field(description="The same id as in the header Request-Id, as a urn")
    detail: str = ""
    errors: tuple[ProblemError, ...] = ()
