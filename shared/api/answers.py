"""What callers get: businesses, services, customers and confirmations as JSON."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from isodate import duration_isoformat

from shared.booking.slots.availability import SlotList
from shared.booking.writes.outcomes import Confirmation
from shared.domain.model import (
    Address,
    Availability,
    Business,
    Catalogue,
    Customer,
    Policy,
    Service,
    WeeklyHours,
)
from shared.domain.policy import effective_policy
from shared.domain.zones import iana_zone

Json = Mapping[str, Any]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PAGE_LANGUAGES = ("en", "fr", "de", "es")


def moment(instant: datetime, zone: str) -> Json:
    """An instant that cannot be misread: in UTC, local with its offset, and the zone's name."""
    utc = instant.isoformat(timespec="seconds").replace("+00:00", "Z")
    local = instant.astimezone(iana_zone(zone)).isoformat(timespec="seconds")
    return {"utc": utc, "local": local, "timeZone": zone}


def confirmation(made: Confirmation) -> str:
    """The body of a 201; what is stored and replayed byte for byte."""
    booked, service = made.appointment, made.service
    staff = made.catalogue.staff
    return json.dumps(
        {
            "reference": made.reference,
            "status": "confirmed",
            "service": {
                "id": service.id,
                "name": service.display_name,
                "duration": duration_isoformat(booked.span.length),
            },
            "start": moment(booked.span.start, made.time_zone),
            "end": moment(booked.span.end, made.time_zone),
            "staff": [
                {"id": i, "name": staff[i].display_name} for i in booked.staff_member_ids if i in staff
            ],
            "seats": {
                "maximum": booked.maximum_attendees,
                "filled": max(booked.filled, len(booked.attendees)),
            },
            "joinUrl": booked.join_url,
        },
        ensure_ascii=False,
    )


def state(reference: str, status: str) -> str:
    """The body for a booking that is pending or did not succeed."""
    return json.dumps({"reference": reference, "status": status})


def business(value: Business, alias: str) -> Json:
    """A business as its page shows it."""
    own = Service(id="", display_name="", default_duration=timedelta())
    return {
        "id": alias,
        "name": value.display_name,
        "phone": value.phone,
        "address": None if value.address is None else address(value.address),
        "webSiteUrl": value.web_site_url,
        "timeZone": iana_zone(value.time_zone).key,
        "currency": value.currency,
        "languages": list(PAGE_LANGUAGES),
        "hours": hours(value.hours),
        "policy": policy(effective_policy(value, own)),
    }


def services(catalogue: Catalogue) -> Json:
    """The services that customers may see, in the order of their names."""
    visible = [one for one in catalogue.services.values() if not one.is_hidden_from_customers]
    visible.sort(key=lambda one: (one.display_name.casefold(), one.id))
    return {"services": [service(catalogue, one) for one in visible]}


def service(catalogue: Catalogue, value: Service) -> Json:
    """One service; its staff only where the customer may choose one."""
    rules = effective_policy(catalogue.business, value)
    return {
        "id": value.id,
        "name": value.display_name,
        "description": value.description,
        "duration": duration_isoformat(value.default_duration),
        "price": {
            "type": value.default_price_type,
            "amount": value.default_price,
            "currency": catalogue.business.currency,
        },
        "seats": value.maximum_attendees_count,
        "isOnline": value.is_location_online,
        "location": value.default_location.display_name if value.default_location else None,
        "smsNotifications": value.sms_notifications_enabled,
        "questions": [
            {
                "id": asked.question.id,
                "text": asked.question.display_name,
                "type": asked.question.answer_input_type,
                "options": list(asked.question.options),
                "required": asked.is_required,
            }
            for asked in value.questions
        ],
        "staff": staff(catalogue, value) if rules.allow_staff_selection else [],
        "policy": policy(rules),
    }


def staff(catalogue: Catalogue, value: Service) -> list[Json]:
    """The active staff of a service."""
    members = (catalogue.staff[i] for i in value.staff_member_ids if i in catalogue.staff)
    return [{"id": one.id, "name": one.display_name} for one in members if one.membership_status == "active"]


def policy(value: Policy) -> Json:
    """An effective policy: nothing is missing and nothing is inherited any more."""
    return {
        "timeSlotInterval": duration_isoformat(value.time_slot_interval),
        "minimumLeadTime": duration_isoformat(value.minimum_lead_time),
        "maximumAdvance": duration_isoformat(value.maximum_advance),
        "allowStaffSelection": value.allow_staff_selection,
        "generalAvailability": availability(value.general_availability),
        "customAvailabilities": [
            {
                "startDate": window.start.isoformat(),
                "endDate": window.end.isoformat(),
                **availability(window.availability),
            }
            for window in value.custom_availabilities
        ],
    }


def availability(value: Availability) -> Json:
    """When a service may be booked; hours only where it has its own."""
    return {"availabilityType": str(value.type), "businessHours": hours(value.hours)}


def hours(value: WeeklyHours) -> list[Json]:
    """Weekly hours, Monday first, closed days left out; local to the business's zone."""
    return [
        {
            "day": WEEKDAYS[weekday],
            "timeSlots": [
                {"start": span.start.isoformat("minutes"), "end": span.end.isoformat("minutes")}
                for span in value[weekday]
            ],
        }
        for weekday in sorted(value)
    ]


def slots(found: SlotList) -> Json:
    """The slots, and the refused starts of the grid where reasons were asked for."""
    zone, staff_of = found.zone.key, found.catalogue.staff
    listed = [
        {
            "start": moment(one.start, zone),
            "end": moment(one.end, zone),
            "staff": [{"id": i, "name": staff_of[i].display_name} for i in one.staff_ids],
            "seatsLeft": one.seats_left,
        }
        for one in found.slots
    ]
    refused = [
        {
            "start": moment(one.start, zone),
            "reasons": [{"code": broken.code, "detail": broken.detail} for broken in one.violations],
        }
        for one in found.refusals
    ]
    return {"timeZone": zone, "slots": listed, **({"refused": refused} if found.is_explained else {})}


def address(value: Address) -> Json:
    """A physicalAddress with Graph's names."""
    members = {
        "type": value.type,
        "postOfficeBox": value.post_office_box,
        "street": value.street,
        "city": value.city,
        "state": value.state,
        "countryOrRegion": value.country_or_region,
        "postalCode": value.postal_code,
    }
    return {name: text for name, text in members.items() if text is not None}


def customer(value: Customer) -> Json:
    """A bookingCustomer with Graph's names."""
    return {
        "id": value.id,
        "displayName": value.display_name,
        "emailAddress": value.email,
        "addresses": [address(one) for one in value.addresses],
        "phones": [{"number": one.number, "type": one.type} for one in value.phones],
    }
