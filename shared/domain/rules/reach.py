"""What the lead times leave within reach: the only times for which anybody's calendar has to be known."""

from datetime import datetime

from shared.domain.intervals import ONE_DAY, Interval
from shared.domain.model import Catalogue, DayView, Service
from shared.domain.rules.context import RuleContext, ServiceCalendar


def unread(catalogue: Catalogue, service: Service, span: Interval, now: datetime) -> ServiceCalendar:
    """What is known of appointments in this time without asking anybody: hours, policy and staff."""
    return ServiceCalendar.of(catalogue, service, DayView(span.widened(ONE_DAY, ONE_DAY), (), {}), now)


def is_within_reach(context: RuleContext) -> bool:
    """Whether the lead times let an appointment begin at this time, as the customer will see it."""
    return context.calendar.earliest <= context.span.start <= context.calendar.latest
