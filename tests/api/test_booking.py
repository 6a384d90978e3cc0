"""Booking a group service and a 1:1 service, from the caller's side to the emulator's calendar."""

import asyncio

from isodate import parse_duration

from tests.support.facade import BENTO, BUSINESS, KEY, MAILBOX, Facade, booking, customer, start_at


async def test_a_booking_stands_in_the_calendar_with_its_customer(facade: Facade) -> None:
    """201 means: one appointment at the time asked for, with the customer, an answer and staff in it."""
    answer = await facade.book()

    assert answer.status_code == 201, answer.text
    body = answer.json()
    (made,) = await facade.appointments()
    assert body["status"] == "confirmed"
    assert body["seats"] == {"maximum": 5, "filled": 1}
    assert body["start"]["local"] == start_at().isoformat()
    assert [one["emailAddress"] for one in made["customers"]] == ["jordanm@contoso.com"]
    assert made["customers"][0]["customerId"] == "7ed53fa5-9ef2-4f2f-975b-27447440bc09"
    assert made["staffMemberIds"] == [one["id"] for one in body["staff"]]
    assert body["reference"] in made["serviceNotes"]


async def test_a_second_customer_joins_the_same_appointment(facade: Facade) -> None:
    """The list of customers is written in full: whoever was in the appointment stays in it, unchanged."""
    await facade.book()
    (before,) = await facade.appointments()

    answer = await facade.book(customer=customer("ann@contoso.com"))

    (after,) = await facade.appointments()
    assert answer.status_code == 201
    assert answer.json()["seats"] == {"maximum": 5, "filled": 2}
    assert after["id"] == before["id"]
    assert after["customers"][0] == before["customers"][0]
    assert [one["emailAddress"] for one in after["customers"]] == ["jordanm@contoso.com", "ann@contoso.com"]


async def test_a_one_to_one_service_takes_everything_from_the_service(facade: Facade) -> None:
    """Price, buffers, length and reminders are the service's; nobody else gets the staff member's time."""
    tasting = (await facade.services())["Menu tasting"]
    ask = booking(serviceId=tasting["id"], answers=[])

    answer = await facade.book(ask)

    (made,) = await facade.appointments()
    state = await facade.emulator.state()
    service = next(one for one in state["businesses"][MAILBOX]["services"] if one["id"] == tasting["id"])
    assert answer.status_code == 201, answer.text
    assert made["price"] == service["defaultPrice"]
    assert made["priceType"] == service["defaultPriceType"]
    assert made["duration"] == service["defaultDuration"] == "PT1H"
    for buffer in ("preBuffer", "postBuffer"):
        assert parse_duration(made[buffer]) == parse_duration(service[buffer])
    assert made["maximumAttendeesCount"] == 1


async def test_required_answers_go_along_with_their_full_metadata(facade: Facade) -> None:
    """Graph refuses an answer without its question's text, type and options; all of them are sent."""
    await facade.book()

    (made,) = await facade.appointments()
    (answered,) = made["customers"][0]["customQuestionAnswers"]
    assert answered["questionId"] == "3bc6fde0-4ad3-445d-ab17-0fc15dba0774"
    assert answered["question"] == "What is your age"
    assert answered["answer"] == "25"
    assert answered["isRequired"] is True
    assert answered["answerInputType"] == "text"


async def test_the_customer_is_found_whatever_the_case_of_the_address(facade: Facade) -> None:
    """E-mail addresses are compared without their case; no second record is made for a known customer."""
    answer = await facade.book(customer=customer("JordanM@Contoso.com", "Jordan Miller"))

    (made,) = await facade.appointments()
    state = await facade.emulator.state()
    assert answer.status_code == 201
    assert made["customers"][0]["customerId"] == "7ed53fa5-9ef2-4f2f-975b-27447440bc09"
    assert len(state["businesses"][MAILBOX]["customers"]) == 1


async def test_the_customer_is_found_on_the_last_page_of_the_list(facade: Facade) -> None:
    """The whole paged list is read before a customer counts as new."""
    await facade.emulator.switch(page_size=7)
    people = [{"displayName": f"P{n}", "emailAddress": f"p{n}@contoso.com"} for n in range(30)]
    await facade.emulator.seed(businesses=[{"id": MAILBOX, "customers": people}])

    await facade.book(customer=customer("P29@contoso.com", "P29"))

    state = await facade.emulator.state()
    assert len(state["businesses"][MAILBOX]["customers"]) == 31


async def test_a_staff_member_can_be_chosen(facade: Facade) -> None:
    """Where the policy allows it, the appointment is with whom the customer asked for."""
    wanted = (await facade.services())["Catered bento"]["staff"][2]

    answer = await facade.book(staffId=wanted["id"])

    assert answer.status_code == 201, answer.text
    assert answer.json()["staff"] == [wanted]


async def test_times_go_to_graph_in_utc_and_come_back_in_the_visitors_zone(facade: Facade) -> None:
    """A local start with a Windows zone name is the same instant for visitor, staff and Graph."""
    local = start_at().replace(tzinfo=None).isoformat()

    answer = await facade.book(start=local, timeZone="Central Standard Time")

    (made,) = await facade.appointments()
    start = answer.json()["start"]
    assert start["timeZone"] == "America/Chicago"
    assert start["local"] == start_at().isoformat()
    assert made["start"]["timeZone"] == "UTC"
    assert made["start"]["dateTime"][:19] == start["utc"][:19]


async def test_a_dropped_customer_is_noticed_and_put_back(facade: Facade) -> None:
    """Graph drops a customer whose record is gone and still answers 201; the facade makes a new record."""
    await facade.book(customer=customer("ann@contoso.com"))
    (made,) = await facade.appointments()
    await facade.delete_customer(made["customers"][0]["customerId"])

    answer = await facade.book(customer=customer("ann@contoso.com"), start=start_at(14).isoformat())

    made = next(one for one in await facade.appointments() if one["id"] != made["id"])
    state = await facade.emulator.state()
    known = {one["id"] for one in state["businesses"][MAILBOX]["customers"]}
    assert answer.status_code == 201, answer.text
    assert [one["emailAddress"] for one in made["customers"]] == ["ann@contoso.com"]
    assert made["customers"][0]["customerId"] in known


async def test_the_same_request_twice_is_one_booking(facade: Facade) -> None:
    """A double click without any key gets the same bytes again, marked as a replay."""
    first, second = await facade.book(), await facade.book()

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second.headers["location"] == first.headers["location"]
    assert second.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert len((await facade.appointments())[0]["customers"]) == 1


async def test_the_location_tells_the_state_of_the_booking(facade: Facade) -> None:
    """The booking's own token opens it; a token of another booking does not."""
    made = await facade.book()
    other = await facade.book(customer=customer("ann@contoso.com"))
    location = made.headers["location"]

    seen = await facade.http.get(location)
    wrong = await facade.http.get(location.split("?")[0] + "?" + other.headers["location"].split("?")[1])

    kept = {**made.json(), "seats": {"maximum": 5, "filled": 2}}
    assert {name: seen.json()[name] for name in kept} == kept
    assert wrong.status_code == 404
    assert wrong.json()["code"] == "booking-token-invalid"


async def test_a_partner_books_with_a_function_key(facade: Facade) -> None:
    """The partner route books the same way, and not at all without its key."""
    made = await facade.partner("bookings", booking())
    refused = await facade.partner("bookings", booking(), key="wrong")

    assert (made.status_code, refused.status_code) == (201, 401)
    assert len(await facade.appointments()) == 1


async def test_business_and_services_show_what_the_public_may_see(facade: Facade) -> None:
    """Names, hours, policy and questions are there; a hidden service and Graph's ids of mailboxes are not."""
    business = await facade.http.get(f"/api/v1/businesses/{BUSINESS}")
    services = await facade.services()

    assert business.json()["timeZone"] == "America/Chicago"
    assert MAILBOX not in business.text
    assert set(services) == {"Catered bento", "Menu tasting"}
    assert services["Catered bento"]["id"] == BENTO
    assert services["Catered bento"]["policy"]["minimumLeadTime"] == "PT1H"


async def test_a_double_click_waits_for_the_first_and_replays_it(facade: Facade) -> None:
    """Two requests at once: one booking, the same body twice, and nobody is told to come back later."""
    await facade.services()
    await facade.emulator.switch(latency=0.1)

    answers = await asyncio.gather(*(facade.book(key="one order") for _ in range(3)))

    assert [one.status_code for one in answers] == [201] * 3
    assert len({one.content for one in answers}) == 1
    assert sorted("idempotent-replayed" in one.headers for one in answers) == [False, True, True]
    assert len(await facade.appointments()) == 1


async def test_two_backends_with_one_wish_book_once(facade: Facade) -> None:
    """Without a key the wish is one, whoever sends it: the second hears that the customer has this slot."""
    url = f"/api/v1/partner/businesses/{BUSINESS}/bookings"
    wish = booking(serviceId=(await facade.services())["Menu tasting"]["id"], answers=[])

    first = await facade.http.post(url, json=wish, headers={"x-functions-key": KEY})
    again = await facade.http.post(url, json=wish, headers={"x-functions-key": KEY})
    public = await facade.book(wish)

    assert (first.status_code, again.status_code, public.status_code) == (201, 201, 409)
    assert again.content == first.content
    assert "token=" not in str(public.headers) + public.text
    assert len(await facade.appointments()) == 1


async def test_a_token_opens_nothing_under_another_alias(facade: Facade) -> None:
    """Neither the booking, nor its calendar file, nor its page."""
    booked = await facade.book()
    token, reference = booked.headers["location"].partition("token=")[2], booked.json()["reference"]
    path = f"{reference}?token={token}"

    answers = [
        await facade.http.get(f"/api/v1/businesses/{alias}/bookings/{reference}{file}?token={token}")
        for alias in (BUSINESS, "paris-atelier")
        for file in ("", "/calendar.ics")
    ]
    pages = [
        await facade.http.get(f"/api/book/{alias}?reference={path.replace('?', '&')}")
        for alias in (BUSINESS, "paris-atelier")
    ]

    assert [one.status_code for one in answers] == [200, 200, 404, 404]
    assert [one.status_code for one in pages] == [200, 404]
