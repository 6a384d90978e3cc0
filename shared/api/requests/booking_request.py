"""From the models of requests to what the use cases take, and what identifies a request among its retries."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from shared.api.problems import FieldError, Problem
from shared.api.requests import telephone
from shared.api.requests.bodies import BookingBody, GraphCustomer, RequestModel
from shared.api.requests.expectations import SENTENCES
from shared.api.requests.fields import iso_moment
from shared.api.requests.own_key import is_own_key
from shared.api.requests.telephone import Telephone
from shared.booking.create.request import BookingRequest
from shared.booking.writes.idempotency import RequestKey
from shared.domain.addresses import comparable_email
from shared.domain.model import Address, Customer, Phone
from shared.domain.zones import LocalTimeRefused, UnknownZone, iana_zone, to_utc
from shared.platform.hashes import Hasher

MAX_KEY = 255

YEARS = range(2000, 2200)
"""The years in which a booking can be asked for at all."""

EXPECTED_START = (
    "Expected an ISO 8601 date and time such as 2026-12-01T10:00:00-06:00. In an address a + is written %2B."
)


def booking_request(
    mailbox: str, body: BookingBody, country: str | None = None, *, asks_consent: bool = False
) -> BookingRequest:
    """The booking that the body asks for; raises Problem 422 for times, zones, doubled answers and phones.

    `country` is where telephone numbers without a country's code are at home. With `asks_consent`, consent
    that was not given was refused; else nobody was asked for it.
    """
    mistakes: list[FieldError] = []
    zone = _zone(body.time_zone, mistakes)
    start = _start(body.start, zone, mistakes)
    answers = _answers(body, mistakes)
    phone = _phone(body.customer.phone, country, mistakes)
    if mistakes or start is None:
        raise Problem("fields-invalid", errors=mistakes)
    return BookingRequest(
        business=mailbox,
        service_id=body.service_id,
        start=start,
        time_zone=zone,
        staff_id=body.staff_id,
        customer=_customer(body, phone),
        phone=phone.number if phone else None,
        phone_extension=phone.extension if phone else None,
        notes=body.customer.notes or None,
        address=_address(body),
        answers=answers,
        sms_notifications=body.sms_notifications,
        campaign=body.campaign,
        consent=body.consent or (False if asks_consent else None),
    )


def wished_time(text: str, time_zone: str | None) -> tuple[datetime, str | None]:
    """A start in UTC and the zone that was named, as a booking's are read; raises Problem 422."""
    start = start_of(text, time_zone)
    return start, None if time_zone is None else iana_zone(time_zone).key


def start_of(text: str, time_zone: str | None) -> datetime:
    """The start, in UTC, as a booking's is read; raises Problem 422."""
    mistakes: list[FieldError] = []
    start = _start(text, _zone(time_zone, mistakes), mistakes)
    if mistakes or start is None:
        raise Problem("fields-invalid", errors=mistakes)
    return start


def _zone(name: str | None, mistakes: list[FieldError]) -> str | None:
    if name is None:
        return None
    try:
        return iana_zone(name).key
    except UnknownZone:
        mistakes.append(
            FieldError("/timeZone", "unknown-time-zone", "Expected an IANA zone such as Europe/Paris.")
        )
        return None


def _start(text: str, zone: str | None, mistakes: list[FieldError]) -> datetime | None:
    try:
        local = iso_moment(text)
    except ValueError:
        mistakes.append(FieldError("/start", "datetime-parsing", EXPECTED_START))
        return None
    if local.year not in YEARS:
        mistakes.append(FieldError("/start", "datetime-parsing", "Expected a year from 2000 to 2199."))
        return None
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    if zone is None:
        mistakes.append(
            FieldError("/start", "timezone-aware", "Expected an offset, or a timeZone to read it in.")
        )
        return None
    try:
        return to_utc(local, iana_zone(zone))
    except LocalTimeRefused as error:
        mistakes.append(FieldError("/start", error.code, str(error)))
        return None


def _answers(body: BookingBody, mistakes: list[FieldError]) -> Mapping[str, str]:
    answers: dict[str, str] = {}
    for index, one in enumerate(body.answers):
        if one.question_id in answers:
            mistakes.append(
                FieldError(f"/answers/{index}/questionId", "answered-twice", "Expected each question once.")
            )
        answers[one.question_id] = one.answer
    return answers


def _phone(text: str | None, country: str | None, mistakes: list[FieldError]) -> Telephone | None:
    found = telephone.read(text, country) if text else None
    if text and found is None:
        mistakes.append(FieldError("/customer/phone", "phone", SENTENCES["phone"]))
    return found


def _customer(body: BookingBody, phone: Telephone | None) -> Customer:
    address = _address(body)
    return Customer(
        None,
        body.customer.name,
        body.customer.email,
        (Phone(phone.number, "mobile"),) if phone else (),
        (address,) if address else (),
    )


def _address(body: BookingBody) -> Address | None:
    given = body.customer.address
    if given is None or not any(given.model_dump().values()):
        return None
    return Address(
        "home", None, given.street, given.city, given.state, given.country_or_region, given.postal_code
    )


def graph_customer(body: GraphCustomer) -> Customer:
    """The bookingCustomer of the body, member for member."""
    addresses = (
        Address(
            one.type, one.post_office_box, one.street, one.city, one.state, one.country_or_region,
            one.postal_code,
        )
        for one in body.addresses
    )  # fmt: skip
    phones = (Phone(one.number, one.type) for one in body.phones)
    return Customer(None, body.display_name, body.email_address, tuple(phones), tuple(addresses))


PUBLIC = "public"
"""Who asks on the routes that anybody may use."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks at which business; part of every key, so that nobody is handed another one's record.

    `known_by` is what a request without a key is known by among its repetitions, `known_for` for how long;
    empty: by nothing.
    """

    who: str
    alias: str
    known_by: str = ""
    known_for: timedelta | None = None


def booking_intent(
    hasher: Hasher, caller: Caller, asked: BookingRequest, body: RequestModel, key: str | None
) -> RequestKey:
    """A booking's intent; without a key it is made of business, service, start and e-mail address.

    Raises Problem 400.
    """
    if (given := checked_key(key)) is not None:
        intent = keyed_intent(hasher, "booking", caller, given, body)
        return replace(intent, is_ours=is_own_key(hasher, given))
    start, email = asked.start.isoformat(), comparable_email(asked.customer.email)
    natural = hasher.name("natural-key", caller.alias, asked.service_id, start, email)
    return RequestKey(
        natural,
        fingerprint(hasher, body),
        is_natural=True,
        caller=hasher.name("caller", caller.who, caller.known_by) if caller.known_by else "",
        caller_for=caller.known_for,
        is_ours=True,
    )


def keyed_intent(hasher: Hasher, operation: str, caller: Caller, key: str, body: RequestModel) -> RequestKey:
    """The intent of a request that brought a key."""
    return RequestKey(hasher.name("key", operation, caller.who, caller.alias, key), fingerprint(hasher, body))


def checked_key(raw: str | None) -> str | None:
    """A key with or without the quotes of a structured field; raises Problem 400."""
    if raw is None:
        return None
    key = raw.strip().removeprefix('"').removesuffix('"')
    if not 1 <= len(key) <= MAX_KEY or not key.isascii() or not key.isprintable():
        expected = f"Expected 1 to {MAX_KEY} printable ASCII characters."
        raise Problem(
            "header-invalid", expected, (FieldError("/headers/Idempotency-Key", "idempotency-key", expected),)
        )
    return key


def fingerprint(hasher: Hasher, body: RequestModel) -> str:
    """What the caller asks for, but for the solved challenge, campaign and consent: a retry may bring others.

    Keyed, since whoever reads the tables could try out names and addresses against a plain hash.
    """
    aside = {"human_check", "website", "campaign", "consent"}
    members = body.model_dump(mode="json", by_alias=True, exclude=aside)
    return hasher.name("fingerprint", json.dumps(members, sort_keys=True))
