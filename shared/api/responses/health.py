"""The answers about the health of a deployment."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from shared.api.responses.model import ResponseModel
from shared.booking.health import Check

Status = Literal["pass", "warn", "fail"]
GRAVITY: Sequence[Status] = ("pass", "warn", "fail")


class CheckOut(ResponseModel):
    """One thing that was tried; `output` is the kind of failure, or why the public is not sold anything."""

    status: Status
    output: str


class HealthOut(ResponseModel):
    """The health of the deployment (draft-inadarei-api-health-check)."""

    status: Status
    checks: dict[str, tuple[CheckOut, ...]] = Field(default_factory=dict)


def readiness(checks: Sequence[Check]) -> HealthOut:
    """What was tried, by alias and kind of error alone; a business closed to the public is a warning."""
    told = {one.name: CheckOut(status=_status(one), output=one.error or one.closed or "") for one in checks}
    worst = max((one.status for one in told.values()), key=GRAVITY.index, default="pass")
    return HealthOut(status=worst, checks={name: (one,) for name, one in told.items()})


def _status(check: Check) -> Status:
    if check.error is not None:
        return "fail"
    return "pass" if check.closed is None else "warn"
