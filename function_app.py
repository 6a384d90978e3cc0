"""The route table: every function of the app, each one decorator and one line."""

import os

from shared.platform.startup import standing_in_for, without_garbage_collection

with without_garbage_collection():
    with standing_in_for("werkzeug.serving", "werkzeug.test"):  # a server, and a client for its tests
        import azure.functions as func

    from shared.api.pipeline import run
    from shared.bootstrap import build
    from shared.pages import assets, reference

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
facade = build(os.environ)


@app.route("v1/businesses/{business}", methods=["GET", "HEAD"])
async def business(req: func.HttpRequest) -> func.HttpResponse:
    """Name, address, hours, zone and policy of a business."""
    return await run("business.get", facade.handlers.business, req)


@app.route("v1/businesses/{business}/services", methods=["GET", "HEAD"])
async def services(req: func.HttpRequest) -> func.HttpResponse:
    """The services that customers may book."""
    return await run("services.list", facade.handlers.services, req)


@app.route("v1/businesses/{business}/services/{serviceId}/slots", methods=["GET", "HEAD"])
async def slots(req: func.HttpRequest) -> func.HttpResponse:
    """The slots of a service that can be booked."""
    return await run("slots.list", facade.handlers.slots, req)


@app.route("v1/businesses/{business}/challenge", methods=["GET", "HEAD"])
async def challenge(req: func.HttpRequest) -> func.HttpResponse:
    """What a client has to solve before it books a slot."""
    return await run("challenge.get", facade.handlers.challenge, req)


@app.route("v1/businesses/{business}/bookings", methods=["POST"])
async def create_booking(req: func.HttpRequest) -> func.HttpResponse:
    """Book a slot."""
    return await run("bookings.create", facade.pages.book, req)


@app.route("v1/businesses/{business}/bookings/{reference}", methods=["GET", "HEAD"])
async def booking(req: func.HttpRequest) -> func.HttpResponse:
    """A booking as it stands now, for whoever has its token."""
    return await run("bookings.get", facade.managing.booking, req)


@app.route("v1/businesses/{business}/bookings/{reference}/slots", methods=["GET", "HEAD"])
async def booking_slots(req: func.HttpRequest) -> func.HttpResponse:
    """The slots that a booking can be moved to, for whoever has its token."""
    return await run("bookings.slots", facade.managing.slots, req)


@app.route("v1/businesses/{business}/bookings/{reference}/reschedule", methods=["POST"])
async def reschedule_booking(req: func.HttpRequest) -> func.HttpResponse:
    """Move a booking, for whoever has its token."""
    return await run("bookings.reschedule", facade.managing.reschedule, req)


@app.route("v1/businesses/{business}/bookings/{reference}/cancel", methods=["POST"])
async def cancel_booking(req: func.HttpRequest) -> func.HttpResponse:
    """Cancel a booking, for whoever has its token."""
    return await run("bookings.cancel", facade.managing.cancel, req)


@app.route("v1/businesses/{business}/bookings/{reference}/calendar.ics", methods=["GET", "HEAD"])
async def calendar(req: func.HttpRequest) -> func.HttpResponse:
    """The booking as a file for calendars, for whoever has its token."""
    return await run("bookings.calendar", facade.pages.calendar, req)


@app.route(
    "v1/partner/businesses/{business}/services", methods=["GET", "HEAD"], auth_level=func.AuthLevel.FUNCTION
)
async def partner_services(req: func.HttpRequest) -> func.HttpResponse:
    """The services that an app's own backend may book, the hidden ones on demand."""
    return await run("partner.services.list", facade.shop.services, req)


@app.route(
    "v1/partner/businesses/{business}/services/{serviceId}/slots",
    methods=["GET", "HEAD"],
    auth_level=func.AuthLevel.FUNCTION,
)
async def partner_slots(req: func.HttpRequest) -> func.HttpResponse:
    """The slots of a service, with all reasons for what cannot be booked."""
    return await run("partner.slots.list", facade.shop.slots, req)


@app.route(
    "v1/partner/businesses/{business}/bookings", methods=["GET", "HEAD"], auth_level=func.AuthLevel.FUNCTION
)
async def list_partner_bookings(req: func.HttpRequest) -> func.HttpResponse:
    """The bookings of a person, of a period, or the one with a reference, for an app's own backend."""
    return await run("partner.bookings.list", facade.managing.partner_bookings, req)


@app.route("v1/partner/businesses/{business}/bookings", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
async def create_partner_booking(req: func.HttpRequest) -> func.HttpResponse:
    """Book a slot from an app's own backend."""
    return await run("partner.bookings.create", facade.handlers.book_as_partner, req)


@app.route(
    "v1/partner/businesses/{business}/bookings/{reference}/reschedule",
    methods=["POST"],
    auth_level=func.AuthLevel.FUNCTION,
)
async def reschedule_partner_booking(req: func.HttpRequest) -> func.HttpResponse:
    """Move a booking from an app's own backend."""
    return await run("partner.bookings.reschedule", facade.managing.reschedule_as_partner, req)


@app.route(
    "v1/partner/businesses/{business}/bookings/{reference}/cancel",
    methods=["POST"],
    auth_level=func.AuthLevel.FUNCTION,
)
async def cancel_partner_booking(req: func.HttpRequest) -> func.HttpResponse:
    """Cancel a booking from an app's own backend."""
    return await run("partner.bookings.cancel", facade.managing.cancel_as_partner, req)


@app.route("v1/partner/businesses/{business}/customers", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
async def create_partner_customer(req: func.HttpRequest) -> func.HttpResponse:
    """Find or create a customer."""
    return await run("partner.customers.create", facade.handlers.customer, req)


@app.route(
    "v1/partner/businesses/{business}/customers/erase",
    methods=["POST"],
    auth_level=func.AuthLevel.FUNCTION,
)
async def erase_partner_customer(req: func.HttpRequest) -> func.HttpResponse:
    """Erase one person."""
    return await run("partner.customers.erase", facade.erasing.erase, req)


@app.route(
    "v1/partner/businesses/{business}/customers/erase/{receipt}",
    methods=["GET", "HEAD"],
    auth_level=func.AuthLevel.FUNCTION,
)
async def partner_erasure(req: func.HttpRequest) -> func.HttpResponse:
    """How far an erasure is."""
    return await run("partner.erasures.get", facade.erasing.receipt, req)


@app.route("book/{business}", methods=["GET", "HEAD", "POST"])
async def booking_page(req: func.HttpRequest) -> func.HttpResponse:
    """The booking page, step by step."""
    return await run("book.page", facade.pages.page, req)


@app.route("manage/{business}", methods=["GET", "HEAD", "POST"])
async def manage_page(req: func.HttpRequest) -> func.HttpResponse:
    """The page on which whoever has booked looks, moves and cancels."""
    return await run("manage.page", facade.pages.manage_page, req)


@app.route("web/{file}", methods=["GET", "HEAD"])
async def web(req: func.HttpRequest) -> func.HttpResponse:
    """The booking page's style and scripts."""
    return await run("web.file", assets.file, req)


@app.route("health/live", methods=["GET", "HEAD"])
async def live(req: func.HttpRequest) -> func.HttpResponse:
    """Whether the worker answers at all."""
    return await run("health.live", facade.handlers.live, req)


@app.route("health/ready", methods=["GET", "HEAD"])
async def ready(req: func.HttpRequest) -> func.HttpResponse:
    """Whether everything that a booking needs answers."""
    return await run("health.ready", facade.handlers.ready, req)


@app.route("openapi.json", methods=["GET", "HEAD"])
async def openapi(req: func.HttpRequest) -> func.HttpResponse:
    """The description of this API."""
    return await run("openapi.get", facade.handlers.openapi, req)


@app.route("docs", methods=["GET", "HEAD"])
async def docs(req: func.HttpRequest) -> func.HttpResponse:
    """The description of this API, for people."""
    return await run("docs.get", reference.docs, req)


@app.timer_trigger(arg_name="timer", schedule="0 * * * * *", run_on_startup=False, use_monitor=False)
async def settle(timer: func.TimerRequest) -> None:  # noqa: ARG001 (the trigger passes it by name)
    """Settle bookings whose outcome was not known, and tidy up."""
    await facade.timer()
