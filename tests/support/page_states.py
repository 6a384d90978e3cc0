"""Every state of the booking page and of a booking's own page, as the HTML that a browser gets."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import azure.functions as func
import httpx
import pytest

from devtools.graph_emulator.client import ControlClient
from devtools.graph_emulator.default_seed import FITTING, MENU_TASTING, PARIS
from shared.pages.page_request import PageRequest
from shared.pages.policy import PagePolicy
from shared.pages.rendering import Renderer
from tests.support.facade import (
    BENTO,
    BUSINESS,
    MAILBOX,
    QUESTION,
    booking,
    connect,
    customer,
    environment,
    load_app,
    start_at,
)

HOST = "https://www.contoso.com"
BOOK, MANAGE = f"/api/book/{BUSINESS}", f"/api/manage/{BUSINESS}"
BOOKINGS = f"/api/v1/businesses/{BUSINESS}/bookings"
ALONE = "8ee1c803-a1fa-406d-8259-7ab53233f148"
"""A member of the staff."""

LOOKS = {
    "mailbox": MAILBOX,
    "logo": "https://cdn.contoso.com/logo.svg",
    "texts": {"intro": "Welcome.", "details": "We call you back.", "confirmed": "Please ring twice."},
}
COLOR = "#8a2be2"
SHOP = {
    "businessTimeZone": "America/Chicago",
    "accessControl": "unrestricted",
    "bookingPageColorCode": COLOR,
    "isCustomerConsentEnabled": True,
    "customerConsentMessage": "I agree to everything.",
    "privacyPolicyWebUrl": f"{HOST}/privacy",
    "termsAndConditionsWebUrl": f"{HOST}/terms",
}
SETTINGS = {
    "ALLOWED_RETURN_ORIGINS": HOST,
    "FRAME_ANCESTORS": HOST,
    "GRAPH_FEATURES": "cancel",
    "BOOKING_BUSINESSES": json.dumps({BUSINESS: LOOKS, "paris-atelier": PARIS}),
}
CHECK = {"HUMAN_CHECK": "altcha", "ALTCHA_HMAC_KEY": "k" * 32}
WIDGET = {"HUMAN_CHECK": "turnstile", "TURNSTILE_SECRET": "secret", "TURNSTILE_SITE_KEY": "key"}
NEVER_ALONE = ("pending", "manage/pending", "failed")
"""Templates of outcomes that take a while to come about, and that show a reference alone."""


def utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Walk:
    """A visitor without JavaScript who keeps every page under a name; all of them in one language."""

    http: httpx.AsyncClient
    lang: str
    pages: dict[str, str] = field(default_factory=dict)

    @property
    def _headers(self) -> Mapping[str, str]:
        return {"Accept": "text/html", "Accept-Language": self.lang}

    def keep(self, name: str, answer: httpx.Response, status: int) -> None:
        assert answer.status_code == status, f"{name}: {answer.status_code} {answer.text[:2000]}"
        self.pages[name] = answer.text

    async def look(self, name: str, status: int = 200, path: str = BOOK, **query: str) -> None:
        answer = await self.http.get(path, params={**query, "lang": self.lang}, headers=self._headers)
        self.keep(name, answer, status)

    async def send(
        self, name: str, fields: Mapping[str, str], status: int = 200, path: str = BOOKINGS
    ) -> None:
        answer = await self.http.post(path, data={**fields, "lang": self.lang}, headers=self._headers)
        if answer.status_code == 303:
            answer = await self.http.get(answer.headers["Location"], headers=self._headers)
        self.keep(name, answer, status)

    async def booked(self, **changes: object) -> Mapping[str, str]:
        """Reference and token of a new booking."""
        answer = await self.http.post(BOOKINGS, json=booking(**changes))
        assert answer.status_code == 201, answer.text
        token = answer.headers["location"].partition("token=")[2]
        return {"reference": answer.json()["reference"], "token": token}


def wish(email: str, **more: str) -> dict[str, str]:
    """A form that books a menu tasting."""
    usual = {
        "serviceId": MENU_TASTING,
        "start": start_at(9).isoformat(),
        "timeZone": "America/Chicago",
        "customer.name": "Ann Beebe",
        "customer.email": email,
    }
    return {**usual, **more}


@asynccontextmanager
async def _visiting(emulator: ControlClient, lang: str, **settings: str) -> AsyncIterator[Walk]:
    """A walk in a deployment with these settings, which are gone from the environment afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(emulator, **SETTINGS, **settings).items():
            patch.setenv(name, value)
        module = load_app({})
        async with connect(module) as http:
            yield Walk(http, lang)
            await module.facade.aclose()


async def _choosing(walk: Walk) -> None:
    await walk.look("loading")
    await walk.look("services", step="services")
    await walk.look("services-framed", step="services", embed=HOST, theme="dark")
    await walk.look("first-free-day", service=MENU_TASTING)
    day = start_at().date().isoformat()
    await walk.look("day", service=BENTO, day=day, timeZone="America/Chicago")
    await walk.look("day-elsewhere", service=BENTO, day=day, timeZone="Europe/Paris")
    await walk.look("zones", service=BENTO, zone="United States", step="days")
    there, start = "/api/book/paris-atelier", utc(start_at(8))
    await walk.look("details-with-options", path=there, service=FITTING, theme="light", start=start)
    await walk.look("no-zone", service=BENTO, zone="Atlantis", step="days")
    await walk.look("no-days", service=BENTO, month="2190-01", step="days")
    await walk.look("stale", service=MENU_TASTING, start="2020-01-07T16:00:00Z")
    await walk.look("nobody", 404, path="/api/book/nobody")
    await walk.look("no-booking", 404, reference="BK-00000000", token="x")


async def _booking(walk: Walk) -> None:
    await walk.look("details", service=BENTO, start=utc(start_at()))
    await walk.look("details-for-one", service=MENU_TASTING, start=utc(start_at()), timeZone="Europe/Paris")
    empty = {"consent": "", "serviceId": BENTO, f"answers.{QUESTION}": ""}
    await walk.send("wrong", wish("nobody", **empty), 422)
    await walk.send("confirmed", wish("ann@contoso.com", consent="true", timeZone="Europe/Paris"))
    booked = {"serviceId": MENU_TASTING, "answers": [], "staffId": ALONE}
    await walk.booked(**booked, start=start_at(11).isoformat(), customer=customer("first@contoso.com"))
    late = {"consent": "true", "staffId": ALONE, "start": start_at(11).isoformat()}
    await walk.send("taken", wish("late@contoso.com", **late), 409)
    await walk.send("timeless", wish("timeless@contoso.com", consent="true", start=""), 422)
    back = {
        "returnUrl": f"{HOST}/thanks",
        "embed": HOST,
        "consent": "true",
        "start": start_at(13).isoformat(),
    }
    answer = await walk.http.post(
        BOOKINGS,
        data={**wish("back@contoso.com", **back), "lang": walk.lang},
        headers={"Accept": "text/html", "Sec-Fetch-Dest": "iframe"},
    )
    walk.keep("leaving", answer, 200)


async def _managing(walk: Walk) -> None:
    one = {"serviceId": MENU_TASTING, "answers": [], "start": start_at(10, week=3).isoformat()}
    secret = await walk.booked(**one, customer=customer("own@contoso.com"))
    later = utc(start_at(14, week=3))

    async def send(name: str, step: str = "", status: int = 200, **more: str) -> None:
        await walk.send(name, {**secret, "step": step, **more}, status, MANAGE)

    await walk.look("open", path=MANAGE)
    await send("open-wrong", status=404, reference="BK-00000000")
    await send("look")
    await send("days", "days")
    await send("move", "time", start=later, timeZone="Europe/Paris")
    await send("no-time", "time", 422, start="never")
    await send("moved", "move", start=later, changes="0")
    await send("reason", "reason")
    await send("reason-wrong", "cancel", 422, reason="x" * 1001)
    await send("cancelled", "cancel", embed=HOST)


async def _proving(walk: Walk, name: str) -> None:
    await walk.look(f"details-{name}", service=BENTO, start=utc(start_at()))
    await walk.send(f"proof-{name}", wish("plain@contoso.com"))


async def _waiting(walk: Walk, emulator: ControlClient) -> None:
    await emulator.arm({"operation": "*", "status": 403, "count": None})
    await walk.look("sorry", 503, service=BENTO)
    await walk.send("sorry-kept", wish("patient@contoso.com"), 503)
    await emulator.clear_faults()


def _in_doubt(lang: str) -> Mapping[str, str]:
    request = func.HttpRequest("GET", BOOK, route_params={"business": BUSINESS}, body=b"")
    page, render = PageRequest.of(request, {"lang": lang}), Renderer(PagePolicy())
    return {
        name.replace("/", "-"): render(f"{name}.html", page, reference="BK-7F3KQ29D", poll=5)
        .get_body()
        .decode()
        for name in NEVER_ALONE
    }


async def page_states(emulator: ControlClient, lang: str) -> Mapping[str, str]:
    """The pages by their names; the emulator is as new, and has been used afterwards."""
    await emulator.seed(businesses=[{"id": MAILBOX, "bookingPageSettings": SHOP}])
    async with _visiting(emulator, lang) as walk:
        for part in (_choosing, _booking, _managing):
            await part(walk)
    pages = {**walk.pages, **_in_doubt(lang)}
    for name, settings in (("altcha", CHECK), ("turnstile", WIDGET)):
        async with _visiting(emulator, lang, **settings) as walk:
            await _proving(walk, name)
        pages |= walk.pages
    async with _visiting(emulator, lang) as walk:
        await _waiting(walk, emulator)
    return {**pages, **walk.pages}
