"""Whatever a form and the catalogue can carry is in the appointment, or stands where the staff find it."""

from typing import Any

import pytest

from tests.support.facade import MAILBOX, Facade, booking, customer, start_at

SERVICE = "aa000001-0000-4000-8000-00000000c001"
AGE, CLOTH = "aa000002-0000-4000-8000-00000000c002", "aa000003-0000-4000-8000-00000000c003"
DANA = "8ee1c803-a1fa-406d-8259-7ab53233f148"
PLACE = {
    "displayName": "Room 3",
    "locationEmailAddress": "room3@contoso.com",
    "locationUri": "https://contoso.com/rooms/3",
    "locationType": "conferenceRoom",
    "uniqueId": "room-3",
    "uniqueIdType": "directory",
    "coordinates": {
        "latitude": 41.88, "longitude": -87.63, "altitude": 181.0, "accuracy": 5.0, "altitudeAccuracy": 1.0,
    },
    "address": {
        "street": "233 North Canal Street", "city": "Chicago", "state": "IL", "postalCode": "60601",
        "countryOrRegion": "USA", "postOfficeBox": "7", "type": "business",
    },
}  # fmt: skip
SHOP: dict[str, Any] = {
    "id": SERVICE,
    "displayName": "Everything",
    "additionalInformation": "Bring a cup.",
    "customQuestions": [
        {"questionId": AGE, "isRequired": True},
        {"questionId": CLOTH, "isRequired": False},
    ],
    "defaultDuration": "PT45M",
    "defaultLocation": PLACE,
    "defaultPrice": 12.5,
    "defaultPriceType": "startingAt",
    "defaultReminders": [
        {"message": "Soon!", "offset": "-PT15M", "recipients": "customer"},
        {"message": "Tomorrow.", "offset": "-P1D", "recipients": "allAttendees"},
    ],
    "isLocationOnline": True,
    "preBuffer": "PT5M",
    "postBuffer": "PT10M",
    "smsNotificationsEnabled": True,
    "staffMemberIds": [DANA],
}
QUESTIONS = [
    {"id": AGE, "displayName": "What is your age"},
    {
        "id": CLOTH,
        "displayName": "Which cloth",
        "answerInputType": "radioButton",
        "answerOptions": ["Silk", "Wool"],
    },
]
NOTES = "Nut allergy!\n\nSecond floor, please."
FORM: dict[str, Any] = {
    "serviceId": SERVICE,
    "start": start_at(11).isoformat(),
    "timeZone": "Europe/Berlin",
    "staffId": DANA,
    "smsNotifications": True,
    "customer": {
        **customer("ann@contoso.com"),
        "phone": "213-555-0199 ext. 4571",
        "notes": NOTES,
        "address": {
            "street": "1 Main Street",
            "city": "Buffalo",
            "state": "NY",
            "postalCode": "98052",
            "countryOrRegion": "USA",
        },
    },
    "answers": [{"questionId": AGE, "answer": "25"}, {"questionId": CLOTH, "answer": "Wool"}],
}
WEATHER: list[dict[str, Any]] = [
    {},
    {"omitted_defaults": "service"},
    {"notes_with_existing_customer": "kept"},
    {"customer_time_zone": "blanked"},
    {"reminder_offsets": "positive"},
    {"lists_filled": True},
    {"customer_ids": "base64"},
    {"select": "honoured"},
]
"""The switches of the emulator that keep, drop or show members otherwise."""


async def set_up(facade: Facade, seats: int, **switches: object) -> None:
    await facade.emulator.switch(**switches)
    offered = [{**SHOP, "maximumAttendeesCount": seats}]
    await facade.emulator.seed(business=MAILBOX, customQuestions=QUESTIONS, services=offered)


def check_service(stored: dict[str, Any]) -> None:
    """All that the shop set up is in the appointment."""
    assert (stored["preBuffer"], stored["postBuffer"], stored["duration"]) == ("PT5M", "PT10M", "PT45M")
    assert (stored["price"], stored["priceType"]) == (12.5, "startingAt")
    assert SHOP["additionalInformation"] in stored["additionalInformation"]
    assert (stored["serviceName"], stored["staffMemberIds"]) == ("Everything", [DANA])
    assert stored["isLocationOnline"]
    assert stored["joinWebUrl"]
    reminders = [
        (one["message"], one["offset"].lstrip("-"), one["recipients"]) for one in stored["reminders"]
    ]
    assert reminders == [("Soon!", "PT15M", "customer"), ("Tomorrow.", "P1D", "allAttendees")]
    assert not any(one["offset"].startswith("-") for one in stored["reminders"])
    assert {name: stored["serviceLocation"][name] for name in PLACE} == PLACE


def check_customer(stored: dict[str, Any], email: str, *, named: str = "") -> None:
    """All that the form carried is with the customer, or in the notes for the staff."""
    (seated,) = [one for one in stored["customers"] if one["emailAddress"] == email]
    assert (seated["name"], seated["phone"], seated["timeZone"]) == (
        "Ann Beebe",
        "+12135550199",
        "Europe/Berlin",
    )
    assert seated["smsNotificationsEnabled"]
    address = seated["location"]["address"]
    assert {name: address[name] for name in FORM["customer"]["address"]} == FORM["customer"]["address"]
    given = [
        (one["question"], one["answer"], one["selectedOptions"]) for one in seated["customQuestionAnswers"]
    ]
    assert given == [("What is your age", "25", []), ("Which cloth", None, ["Wool"])]
    quoted = [f"{named}Nut allergy!", "", "Second floor, please.", "Phone: +12135550199 ext. 4571"]
    assert "\n".join(f"  | {line}" for line in quoted) in stored["serviceNotes"]


@pytest.mark.parametrize("switches", WEATHER, ids=str)
async def test_an_appointment_for_one_has_it_all(facade: Facade, switches: dict[str, Any]) -> None:
    """Whatever Graph fills in, drops, hides or shows otherwise."""
    await set_up(facade, 1, **switches)
    answer = await facade.book(FORM)
    assert answer.status_code == 201, answer.text

    (stored,) = await facade.appointments()
    check_service(stored)
    check_customer(stored, "ann@contoso.com")
    assert stored["smsNotificationsEnabled"]
    if not switches.get("customer_time_zone"):
        assert stored["customerTimeZone"] == "Europe/Berlin"
    kept = switches.get("notes_with_existing_customer") == "kept"
    assert (stored["customers"][0]["notes"] == f"{NOTES}\nPhone: +12135550199 ext. 4571") is kept


@pytest.mark.parametrize("switches", WEATHER, ids=str)
async def test_a_group_has_it_all_for_each_of_its_customers(facade: Facade, switches: dict[str, Any]) -> None:
    """Who joins brings all of it along, and takes nothing from who was in."""
    await set_up(facade, 3, **switches)
    for email in ("ann@contoso.com", "ben@contoso.com"):
        answer = await facade.book({**FORM, "customer": {**FORM["customer"], "email": email}})
        assert answer.status_code == 201, answer.text

    (stored,) = await facade.appointments()
    check_service(stored)
    for email in ("ann@contoso.com", "ben@contoso.com"):
        check_customer(stored, email, named="Ann Beebe: ")
    assert stored["serviceNotes"].count("Nut allergy!") == 2


async def test_reminders_cost_one_call_in_a_quarter_of_an_hour(facade: Facade) -> None:
    """3 for an appointment and 5 for a seat, and one more for the first of each service."""
    await facade.book(booking(start=start_at(14).isoformat()))
    seats = []
    for number, email in enumerate(("ann@contoso.com", "ben@contoso.com")):
        await facade.emulator.forget_requests()
        await facade.book(customer=customer(email), start=start_at(15).isoformat())
        seats.append([one for one in await facade.calls() if one != "customers.create"])
        assert ("services.get" in seats[number]) is False
    assert sorted(seats[0]) == ["appointments.create", "calendarView", "getStaffAvailability"]
    assert len(seats[1]) == 5
