"""How Graph Bookings writes appointments, as far as anybody has reported it."""

from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest

from devtools.graph_emulator.default_seed import (
    CATERED_BENTO,
    DANA,
    ISAIAH,
    JORDAN,
    KITCHEN_AUDIT,
    MENU_TASTING,
)
from tests.contract.emulated import EmulatedGraph, Json, age, attendee, bento, emulated_graph, moment, tasting


@pytest.fixture
async def graph() -> AsyncIterator[EmulatedGraph]:
    async with emulated_graph() as running:
        yield running


async def new_customer(graph: EmulatedGraph, name: str) -> str:
    body = {"displayName": name, "emailAddress": f"{name}@example.com"}
    return str((await graph.post("/customers", body)).json()["id"])


async def by_id(graph: EmulatedGraph, appointment: Json) -> Json:
    value: Json = (await graph.get(f"/appointments/{quote(appointment['id'])}")).json()
    return value


@pytest.mark.parametrize(
    ("start", "zone"),
    [
        ("2026-12-01T16:00:00Z", "UTC"),
        ("2026-12-01T16:00:00.0000000+00:00", "UTC"),
        ("2026-12-01T16:00:00.000", "UTC"),
        ("2026-12-01T10:00:00", "Central Standard Time"),
        ("2026-12-01T10:00:00", "America/Chicago"),
        ("2026-12-01T10:00:00", "(UTC-06:00) Central Time (US & Canada)"),
    ],
)
async def test_whatever_zone_came_in_utc_with_seven_decimals_comes_out(
    graph: EmulatedGraph, start: str, zone: str
) -> None:
    made = await graph.created(tasting(start=moment(start, zone)))
    assert made["start"] == {"dateTime": "2026-12-01T16:00:00.0000000Z", "timeZone": "UTC"}


@pytest.mark.parametrize("bad", [moment("soon"), moment("2026-12-01T10:00:00", "Middle-earth"), None])
async def test_an_unreadable_time_is_an_unknown_error(graph: EmulatedGraph, bad: Json | None) -> None:
    body = tasting(start=bad)
    if bad is None:
        del body["start"]
    answer = await graph.post("/appointments", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "UnknownError")
    assert answer.json()["error"]["message"] == ""


async def test_iana_zones_in_appointments_can_be_refused(graph: EmulatedGraph) -> None:
    await graph.control.switch(appointment_iana_zones=False)
    answer = await graph.post(
        "/appointments", tasting(start=moment("2026-12-01T10:00:00", "America/Chicago"))
    )
    assert answer.status_code == 500


async def test_computed_members_are_computed_whatever_the_request_says(graph: EmulatedGraph) -> None:
    made = await graph.created(
        tasting(duration="PT9H", filledAttendeesCount=7, serviceName="Mine", id="mine", isLocationOnline=True)
    )
    assert made["duration"] == "PT1H"
    assert made["filledAttendeesCount"] == 1
    assert made["serviceName"] == "Menu tasting"
    assert made["id"].startswith("AAMk")
    assert made["id"].endswith("=")
    assert made["selfServiceAppointmentId"] == "00000000-0000-0000-0000-000000000000"
    assert made["joinWebUrl"]


async def test_what_the_request_leaves_out_comes_from_the_service_or_is_zero(graph: EmulatedGraph) -> None:
    made = await graph.created(bento())
    assert (made["preBuffer"], made["postBuffer"], made["price"]) == ("PT0S", "PT0S", 0.0)
    await graph.control.switch(omitted_defaults="service")
    made = await graph.created(bento())
    assert (made["preBuffer"], made["postBuffer"], made["price"]) == ("PT5M", "PT10M", 10.0)


async def test_nothing_of_the_booking_rules_is_checked(graph: EmulatedGraph) -> None:
    """Night, past, off the grid, a hidden service, the wrong length: all of it is a 201."""
    night = {"start": moment("2020-02-29T03:07:00"), "end": moment("2020-02-29T09:00:00")}
    await graph.created(tasting(**night))
    await graph.created(tasting(serviceId=KITCHEN_AUDIT))


async def test_a_taken_slot_gets_a_second_appointment_on_top(graph: EmulatedGraph) -> None:
    await graph.created(tasting())
    await graph.created(tasting())
    assert len(await graph.stored()) == 2


@pytest.mark.parametrize(("switch", "stored"), [("500", 1), ("500-but-created", 2)])
async def test_a_conflict_can_be_a_500_that_has_booked_or_not(
    graph: EmulatedGraph, switch: str, stored: int
) -> None:
    await graph.control.switch(conflict=switch)
    await graph.created(tasting())
    answer = await graph.post("/appointments", tasting())
    assert (answer.status_code, answer.json()["error"]["message"]) == (500, "Staff not available")
    assert len(await graph.stored()) == stored


async def test_buffers_are_part_of_a_conflict(graph: EmulatedGraph) -> None:
    """The bento ends at 16:30 and keeps its staff ten minutes longer."""
    await graph.control.switch(conflict="500", omitted_defaults="service")
    await graph.created(bento())
    after = tasting(start=moment("2026-12-01T16:35:00"), end=moment("2026-12-01T17:35:00"))
    assert (await graph.post("/appointments", after)).status_code == 500
    assert (await graph.post("/appointments", {**after, "staffMemberIds": [ISAIAH]})).status_code == 201
    later = tasting(start=moment("2026-12-01T16:40:00"), end=moment("2026-12-01T17:40:00"))
    assert (await graph.post("/appointments", later)).status_code == 201


async def test_a_customer_without_odata_type_fails_the_request(graph: EmulatedGraph) -> None:
    nameless = attendee()
    del nameless["@odata.type"]
    assert (await graph.post("/appointments", tasting(customers=[nameless]))).status_code == 400
    made = await graph.created(tasting())
    path = f"/appointments/{quote(made['id'])}"
    assert (await graph.patch(path, {"customers": [nameless]})).status_code == 400
    await graph.control.switch(odata_type_status=500)
    answer = await graph.post("/appointments", tasting(customers=[nameless]))
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "UnknownError")


async def test_a_group_drops_unknown_customers_without_a_word(graph: EmulatedGraph) -> None:
    """Success, and the person is not there: on creation and on every change."""
    stranger = attendee("11111111-2222-3333-4444-555555555555", customQuestionAnswers=[age()])
    nobody = attendee(None, customQuestionAnswers=[age()])
    made = await graph.created(bento(customers=[stranger, nobody]))
    assert made["customers"] == []
    assert made["filledAttendeesCount"] == 0
    answer = await graph.patch(f"/appointments/{quote(made['id'])}", {"customers": [attendee(), stranger]})
    assert answer.status_code == 204
    assert [each["customerId"] for each in (await by_id(graph, made))["customers"]] == [JORDAN]


async def test_one_to_one_makes_a_customer_where_none_is_named(graph: EmulatedGraph) -> None:
    made = await graph.created(
        tasting(customers=[attendee(None, name="New", emailAddress="new@example.com")])
    )
    new_id = made["customers"][0]["customerId"]
    assert (await graph.get(f"/customers/{new_id}")).json()["emailAddress"] == "new@example.com"
    await graph.control.switch(customer_without_id="synthetic")
    made = await graph.created(tasting(customers=[attendee(None)]))
    assert (await graph.get(f"/customers/{made['customers'][0]['customerId']}")).status_code == 404


async def test_one_to_one_with_an_unknown_customer_is_an_unknown_error(graph: EmulatedGraph) -> None:
    stranger = attendee("11111111-2222-3333-4444-555555555555")
    assert (await graph.post("/appointments", tasting(customers=[stranger]))).status_code == 500
    assert await graph.stored() == []


@pytest.mark.parametrize(("count", "status"), [(4, 201), (5, 500)])
async def test_a_post_carries_at_most_four_customers(graph: EmulatedGraph, count: int, status: int) -> None:
    ids = [await new_customer(graph, f"guest{number}") for number in range(count)]
    everybody = [attendee(each, customQuestionAnswers=[age()]) for each in ids]
    answer = await graph.post("/appointments", bento(customers=everybody))
    assert answer.status_code == status
    assert len(await graph.stored()) == (1 if status == 201 else 0)


async def test_a_patch_carries_more_than_four_and_nobody_counts_the_seats(graph: EmulatedGraph) -> None:
    ids = [await new_customer(graph, f"guest{number}") for number in range(6)]
    made = await graph.created(bento())
    path = f"/appointments/{quote(made['id'])}"
    everybody = {"customers": [attendee(each) for each in ids]}
    assert (await graph.patch(path, everybody)).status_code == 204
    assert (await by_id(graph, made))["filledAttendeesCount"] == 6
    await graph.control.switch(capacity_check=True)
    assert (await graph.patch(path, everybody)).status_code == 500


async def test_a_patch_replaces_the_customers_and_fills_no_names(graph: EmulatedGraph) -> None:
    made = await graph.created(bento())
    other = await new_customer(graph, "other")
    bare = {"@odata.type": "#microsoft.graph.bookingCustomerInformation", "customerId": other}
    answer = await graph.patch(f"/appointments/{quote(made['id'])}", {"customers": [bare]})
    assert (answer.status_code, answer.content) == (204, b"")
    after = await by_id(graph, made)
    assert [(each["customerId"], each["name"], each["emailAddress"]) for each in after["customers"]] == [
        (other, None, None)
    ]
    assert after["serviceNotes"] == made["serviceNotes"]


async def test_the_last_of_two_writers_wins(graph: EmulatedGraph) -> None:
    """Both read one customer, each adds one: one of the two is lost."""
    made = await graph.created(bento())
    first, second = await new_customer(graph, "first"), await new_customer(graph, "second")
    path = f"/appointments/{quote(made['id'])}"
    for joining in (first, second):
        await graph.patch(path, {"customers": [attendee(), attendee(joining)]})
    ids = [each["customerId"] for each in (await by_id(graph, made))["customers"]]
    assert ids == [JORDAN, second]


async def test_a_patch_merges_scalars_and_recalculates(graph: EmulatedGraph) -> None:
    made = await graph.created(tasting(serviceNotes="BK-1", customerTimeZone="America/Chicago"))
    change = {"end": moment("2026-12-01T17:30:00"), "price": 60.5}
    assert (await graph.patch(f"/appointments/{quote(made['id'])}", change)).status_code == 204
    after = await by_id(graph, made)
    assert (after["duration"], after["price"], after["serviceNotes"]) == ("PT1H30M", 60.5, "BK-1")
    assert after["start"] == made["start"]
    assert after["createdDateTime"] == made["createdDateTime"]


async def test_the_service_of_an_appointment_cannot_be_changed(graph: EmulatedGraph) -> None:
    path = f"/appointments/{quote((await graph.created(tasting()))['id'])}"
    assert (await graph.patch(path, {"serviceId": CATERED_BENTO})).status_code == 400
    assert (await graph.patch(path, {"serviceId": MENU_TASTING})).status_code == 204


@pytest.mark.parametrize(
    "answers",
    [
        [],
        [{"questionId": age()["questionId"], "answer": "25"}],
        [{**age(), "question": None}],
        [{**age(), "answer": ""}],
        [{**age(), "questionId": "11111111-2222-3333-4444-555555555555"}],
    ],
)
async def test_a_required_question_wants_its_whole_metadata(
    graph: EmulatedGraph, answers: list[Json]
) -> None:
    answer = await graph.post("/appointments", bento(customers=[attendee(customQuestionAnswers=answers)]))
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "UnknownError")
    assert await graph.stored() == []


@pytest.mark.parametrize(
    "members", [{"serviceId": "11111111-2222-3333-4444-555555555555"}, {"staffMemberIds": ["nobody"]}]
)
async def test_unknown_services_and_staff_are_unknown_errors(graph: EmulatedGraph, members: Json) -> None:
    answer = await graph.post("/appointments", tasting(**members))
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "UnknownError")


@pytest.mark.parametrize("name", ["startDateTime", "endDateTime", "status", "customerid"])
async def test_a_member_that_beta_does_not_know_is_refused(graph: EmulatedGraph, name: str) -> None:
    answer = await graph.post("/appointments", tasting(**{name: "x"}))
    assert answer.status_code == 400
    assert name in answer.json()["error"]["message"]


async def test_customer_time_zone_is_echoed_and_kept_or_blanked(graph: EmulatedGraph) -> None:
    made = await graph.created(tasting(customerTimeZone="America/Chicago"))
    assert (await by_id(graph, made))["customerTimeZone"] == "America/Chicago"
    await graph.control.switch(customer_time_zone="blanked")
    made = await graph.created(tasting(customerTimeZone="America/Chicago"))
    assert made["customerTimeZone"] == "America/Chicago"
    assert (await by_id(graph, made))["customerTimeZone"] == ""


async def test_the_time_of_day_check_does_not_look_at_the_date(graph: EmulatedGraph) -> None:
    """The report of 2022: too long by the clock is refused, too long by eight days is not."""
    await graph.control.switch(reject_by_time_of_day=True)
    too_long = tasting(end=moment("2026-12-01T18:00:00Z"))
    assert (await graph.post("/appointments", too_long)).status_code == 500
    await graph.created(tasting(end=moment("2026-12-09T17:00:00Z")))


async def test_a_cancelled_appointment_is_gone_and_cannot_be_cancelled_again(graph: EmulatedGraph) -> None:
    path = f"/appointments/{quote((await graph.created(tasting()))['id'])}"
    assert (await graph.post(f"{path}/cancel", {"cancellationMessage": "Sorry."})).status_code == 204
    assert (await graph.get(path)).status_code == 404
    assert (await graph.post(f"{path}/cancel", {})).status_code == 404
    mails = [each for each in (await graph.control.state())["outbox"] if each["kind"] == "cancellation"]
    assert [(each["role"], each["to"], each["text"]) for each in mails] == [
        ("customer", "jordanm@contoso.com", "Sorry."),
        ("staff", "danas@contoso.com", "Sorry."),
    ]


async def test_delete_tells_customer_and_staff(graph: EmulatedGraph) -> None:
    path = f"/appointments/{quote((await graph.created(tasting()))['id'])}"
    before = (await graph.control.state())["outbox"]
    assert (await graph.delete(path)).status_code == 204
    told = (await graph.control.state())["outbox"][len(before) :]
    assert [(each["kind"], each["role"]) for each in told] == [
        ("cancellation", "customer"),
        ("cancellation", "staff"),
    ]


async def test_delete_may_remove_without_a_word(graph: EmulatedGraph) -> None:
    await graph.control.switch(delete_sends_mail=False)
    path = f"/appointments/{quote((await graph.created(tasting()))['id'])}"
    before = (await graph.control.state())["outbox"]
    assert (await graph.delete(path)).status_code == 204
    assert (await graph.get(path)).status_code == 404
    assert (await graph.control.state())["outbox"] == before


async def test_confirmations_honour_everybodys_wishes(graph: EmulatedGraph) -> None:
    """Dana wants mail, Isaiah does not, the owner's policy does, the customer may opt out and take an SMS."""
    await graph.created(tasting(staffMemberIds=[DANA, ISAIAH], customers=[attendee(phone="+13125550100")]))
    await graph.created(
        tasting(
            optOutOfCustomerEmail=True,
            smsNotificationsEnabled=True,
            customers=[attendee(phone="+13125550100")],
        )
    )
    sent = [(each["role"], each["channel"], each["to"]) for each in (await graph.control.state())["outbox"]]
    assert sent == [
        ("customer", "email", "jordanm@contoso.com"),
        ("staff", "email", "danas@contoso.com"),
        ("owner", "email", "lunch@contoso.com"),
        ("customer", "sms", "+13125550100"),
        ("staff", "email", "danas@contoso.com"),
        ("owner", "email", "lunch@contoso.com"),
    ]


async def test_a_service_that_does_not_mail_the_owner_wins_over_the_business(graph: EmulatedGraph) -> None:
    policy = {"sendConfirmationsToOwner": False}
    await graph.patch(f"/services/{MENU_TASTING}", {"schedulingPolicy": policy})
    await graph.created(tasting())
    assert "owner" not in {each["role"] for each in (await graph.control.state())["outbox"]}


async def test_who_joins_by_patch_is_confirmed_and_who_was_there_is_not(graph: EmulatedGraph) -> None:
    made = await graph.created(bento())
    joining = await new_customer(graph, "joining")
    before = len((await graph.control.state())["outbox"])
    guests = [attendee(), attendee(joining, emailAddress="joining@example.com")]
    await graph.patch(f"/appointments/{quote(made['id'])}", {"customers": guests})
    after = (await graph.control.state())["outbox"][before:]
    assert [each["to"] for each in after if each["role"] == "customer"] == ["joining@example.com"]


async def test_notes_with_an_existing_customer_can_be_dropped(graph: EmulatedGraph) -> None:
    made = await graph.created(tasting(customers=[attendee(notes="Window seat")]))
    assert made["customers"][0]["notes"] is None
    await graph.control.switch(notes_with_existing_customer="kept")
    made = await graph.created(tasting(customers=[attendee(notes="Window seat")]))
    assert made["customers"][0]["notes"] == "Window seat"
