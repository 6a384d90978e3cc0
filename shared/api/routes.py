"""Every route of the app: its path, its methods and who may call it.

The Functions host reads routes from the decorators of `function_app.py`, which are written out there;
the API's description reads this table, and a test holds both in step.
"""

from dataclasses import dataclass

PREFIX = "/api/"
"""What `host.json` puts before each path."""

READ = ("GET", "HEAD")
WRITE = ("POST",)
BUSINESS = "v1/businesses/{business}"
PARTNER = "v1/partner/businesses/{business}"


@dataclass(frozen=True, slots=True)
class Route:
    """One function that HTTP calls; `needs_key` where the host asks for a function key."""

    function: str
    path: str
    methods: tuple[str, ...] = READ
    needs_key: bool = False
    is_described: bool = True

    @property
    def address(self) -> str:
        """The path as callers see it."""
        return PREFIX + self.path


ROUTES = (
    Route("business", BUSINESS),
    Route("services", f"{BUSINESS}/services"),
    Route("slots", f"{BUSINESS}/services/{{serviceId}}/slots"),
    Route("challenge", f"{BUSINESS}/challenge"),
    Route("create_booking", f"{BUSINESS}/bookings", WRITE),
    Route("booking", f"{BUSINESS}/bookings/{{reference}}"),
    Route("booking_slots", f"{BUSINESS}/bookings/{{reference}}/slots"),
    Route("reschedule_booking", f"{BUSINESS}/bookings/{{reference}}/reschedule", WRITE),
    Route("cancel_booking", f"{BUSINESS}/bookings/{{reference}}/cancel", WRITE),
    Route("calendar", f"{BUSINESS}/bookings/{{reference}}/calendar.ics"),
    Route("partner_services", f"{PARTNER}/services", needs_key=True),
    Route("partner_slots", f"{PARTNER}/services/{{serviceId}}/slots", needs_key=True),
    Route("list_partner_bookings", f"{PARTNER}/bookings", needs_key=True),
    Route("create_partner_booking", f"{PARTNER}/bookings", WRITE, needs_key=True),
    Route(
        "reschedule_partner_booking", f"{PARTNER}/bookings/{{reference}}/reschedule", WRITE, needs_key=True
    ),
    Route("cancel_partner_booking", f"{PARTNER}/bookings/{{reference}}/cancel", WRITE, needs_key=True),
    Route("create_partner_customer", f"{PARTNER}/customers", WRITE, needs_key=True),
    Route("erase_partner_customer", f"{PARTNER}/customers/erase", WRITE, needs_key=True),
    Route("partner_erasure", f"{PARTNER}/customers/erase/{{receipt}}", needs_key=True),
    Route("booking_page", "book/{business}", (*READ, *WRITE), is_described=False),
    Route("manage_page", "manage/{business}", (*READ, *WRITE), is_described=False),
    Route("web", "web/{file}", is_described=False),
    Route("live", "health/live"),
    Route("ready", "health/ready"),
    Route("openapi", "openapi.json"),
    Route("docs", "docs", is_described=False),
)

BY_FUNCTION = {one.function: one for one in ROUTES}
