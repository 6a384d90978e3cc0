"""The answers about the health of a deployment."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from shared.api.responses.model import ResponseModel
from shared.booking.health import Check


class CheckOut(ResponseModel):
    """One thing that was tried; `output` is the kind of failure."""

    status: Literal["pass", "fail"]
    output: str


class HealthOut(ResponseModel):
    """The health of the deployment (draft-inadarei-api-health-check)."""

    status: Literal["pass", "fail"]
    checks: dict[str, tuple[CheckOut, ...]] = Field(default_factory=dict)


def readiness(checks: Sequence[Check]) -> HealthOut:
    """What was tried, by alias and kind of error alone."""
    return HealthOut(
        status="fail" if any(check.error for check in checks) else "pass",
        checks={
            check.name: (CheckOut(status="fail" if check.error else "pass", output=check.error or ""),)
            for check in checks
        },
    )
