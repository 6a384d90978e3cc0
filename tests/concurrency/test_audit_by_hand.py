"""What the staff do by hand excuses what follows from it, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devtools.chaos.audit import audit
from devtools.chaos.by_hand import ByHand, Wish, references
from devtools.chaos.told import CONFIRMED, LEFT, REFUSED, Shown, Told
from tests.concurrency.test_audit import BOX, appointment, kept, moment

Json = dict[str, Any]
LATER = 12


def edit(kind: str, number: int, *people: str, window: str | None = None, **more: object) -> Json:
    """An edit of an appointment, as the emulator tells it."""
    about = {"appointmentId": f"appointment {number}", "serviceId": "course", "start": moment(10)["dateTime"]}
    return {
        "kind": kind, "business": BOX, "window": window, "at": 100.0, "people": list(people), **about, **more
    }  # fmt: skip


def moved(window: str | None = None) -> tuple[list[Told], Json, Json]:
    """Two who booked, moved to noon."""
    everybody, businesses = kept()
    (one,) = businesses[BOX]["appointments"]
    one.update(start=moment(LATER), end=moment(LATER, 30))
    return everybody, businesses, edit("move", 1, window=window, to=moment(LATER)["dateTime"])


def found(everybody: list[Told], businesses: Json, *edits: Json, forgiving: bool = True) -> str:
    return "\n".join(audit(everybody, businesses, ByHand(edits, forgiving=forgiving)))


def test_whoever_was_moved_stands_where_they_were_moved_to() -> None:
    """The same calendar without the edit is full of strangers."""
    everybody, businesses, move = moved()

    assert found(everybody, businesses, move) == ""
    assert "did not ask for this" in found(everybody, businesses)


def test_whoever_joins_after_a_move_asked_for_the_new_time() -> None:
    """Both starts that the appointment has had are what its customers may have wished."""
    everybody, businesses, move = moved()
    everybody[1].wish = Wish(BOX, "course", datetime(2026, 12, 1, LATER, tzinfo=UTC), "b@x.org")

    assert found(everybody, businesses, move) == ""


def test_a_booking_that_was_moved_and_made_again_is_found() -> None:
    """The customer stands at noon, where the staff put them, and at ten, where they were booked again."""
    everybody, businesses, move = moved()
    businesses[BOX]["appointments"].append(appointment(2, "a@x.org"))

    assert found(everybody, businesses, move) == "a@x.org: booked 2 times (confirmed)"


def test_a_refusal_of_what_was_only_moved_is_found() -> None:
    """Moved is not gone."""
    everybody, businesses, move = moved()
    everybody[0].ending = REFUSED

    assert found(everybody, businesses, move) == "a@x.org: refused, but booked"


@pytest.mark.parametrize("ending", [CONFIRMED, LEFT])
def test_one_seat_of_two_wishes_goes_to_the_likelier_one(ending: str) -> None:
    """Who asked for ten and for noon, and was refused for noon, sits in the ten o'clock moved to noon."""
    everybody, businesses, move = moved()
    everybody[0].ending = ending
    noon = Wish(BOX, "course", datetime(2026, 12, 1, LATER, tzinfo=UTC), "a@x.org")
    refused = Told("noon", noon, REFUSED)

    assert found([refused, *everybody], businesses, move) == ""
    assert found([*everybody, refused], businesses, move) == ""


@pytest.mark.parametrize("kind", ["remove-customer", "delete-appointment"])
def test_whoever_was_taken_out_may_be_missing_and_nobody_else(kind: str) -> None:
    """One edit names one person; the other one who is missing was pushed out."""
    everybody, businesses = kept()
    (one,) = businesses[BOX]["appointments"]
    one["customers"] = []

    missing = found(everybody, businesses, edit(kind, 1, "a@x.org"))

    assert missing == "b@x.org: confirmed, but its customer is in no appointment"
    assert found(everybody, businesses, edit(kind, 1, "a@x.org", "b@x.org")) == ""


@pytest.mark.parametrize("seconds", [59.0, 60.0])
def test_who_was_dropped_from_an_appointment_that_the_staff_then_deleted_was_in_it(seconds: float) -> None:
    """Where it happened before whoever wrote the list could put them back."""
    everybody, businesses = kept()
    (one,) = businesses[BOX]["appointments"]
    one["customers"] = []
    deleted = edit("delete-appointment", 1, "a@x.org", dropped=["b@x.org"], droppedAt=100.0 - seconds)

    missing = "b@x.org: confirmed, but its customer is in no appointment"
    assert found(everybody, businesses, deleted) == ("" if seconds < 60 else missing)
    assert found(everybody, businesses, deleted, forgiving=False) == missing
    assert found(everybody, businesses, {**deleted, "dropped": []}) == missing


def test_an_appointment_that_lost_its_customers_otherwise_is_found() -> None:
    """Only the staff may leave one empty."""
    everybody, businesses = kept()
    businesses[BOX]["appointments"].append(appointment(2, hour=LATER))

    assert "without customers" in found(everybody, businesses, edit("remove-customer", 1, "c@x.org"))


def test_whom_the_staff_took_out_must_not_come_back() -> None:
    """Unless something of theirs was still under way, or the staff struck where nobody can notice."""
    everybody, businesses = kept()
    everybody[0].ended = 99.0
    removal = edit("remove-customer", 1, "a@x.org")

    assert "whom the staff had taken out, is in it again" in found(everybody, businesses, removal)
    assert found(everybody, businesses, {**removal, "window": "write"}) == ""

    everybody[0].ended = 101.0

    assert found(everybody, businesses, removal) == ""


def test_whom_the_staff_added_is_no_stranger_and_must_stay() -> None:
    """A list that was read before pushes them out."""
    everybody, businesses = kept()
    addition = edit("add-customer", 1, "walkin1@x.org")
    (one,) = businesses[BOX]["appointments"]

    assert "whom the staff had added, is not in it" in found(everybody, businesses, addition)
    one["maximumAttendeesCount"] = 3
    one["customers"].append({"customerId": "walkin1", "emailAddress": "walkin1@x.org"})
    assert found(everybody, businesses, addition) == ""
    assert "walkin1@x.org did not ask for this" in found(everybody, businesses)


def double_of(one: Json, seconds: float) -> tuple[Json, Json]:
    """A second appointment of the same request, and the staff's move of it so long after it was made."""
    made = datetime.fromtimestamp(100.0 - seconds, UTC).isoformat().replace("+00:00", "Z")
    double = {**one, "id": "appointment 2", "createdDateTime": made, "customers": one["customers"][:1]}
    double |= {"start": moment(LATER), "end": moment(LATER, 30)}
    return double, edit("move", 2, "a@x.org", to=moment(LATER)["dateTime"], isDouble=True)


@pytest.mark.parametrize("seconds", [14.0, 15.0])
def test_a_double_that_was_moved_before_anybody_saw_it_is_counted_apart(seconds: float) -> None:
    """Made twice by the network: what stands where it was asked for counts."""
    everybody, businesses = kept()
    (one,) = businesses[BOX]["appointments"]
    double, move = double_of(one, seconds)
    businesses[BOX]["appointments"].append(double)

    assert ("booked 2 times" in found(everybody, businesses, move)) is (seconds == 15.0)
    assert ("carried by 2 appointments" in found(everybody, businesses, move)) is (seconds == 15.0)
    assert "booked 2 times" in found(everybody, businesses, move, forgiving=False)
    assert "booked 2 times" in found(everybody, businesses, {**move, "isDouble": False})
    assert "carried by 2 appointments" in found(everybody, businesses)


def test_who_joined_an_unseen_double_still_sits_there() -> None:
    """Only whose booking was made twice is not looked for in it."""
    everybody, businesses = kept()
    (one,) = businesses[BOX]["appointments"]
    double, move = double_of(one, 1.0)
    joined = {"customerId": "e", "emailAddress": "e@x.org"}
    businesses[BOX]["appointments"].append({**double, "customers": [*double["customers"], joined]})
    businesses[BOX]["customers"].append(joined)
    wish = Wish(BOX, "course", datetime(2026, 12, 1, LATER, tzinfo=UTC), "e@x.org")

    assert "e@x.org did not ask for this" in found(everybody, businesses, move)
    everybody.append(replace(everybody[1], name="e@x.org", wish=wish))
    assert found(everybody, businesses, move) == ""


@pytest.mark.parametrize("number", [1, 2])
def test_two_of_one_request_that_overlap_are_counted_apart_where_the_staff_joined_one(number: int) -> None:
    """Whom the staff added to either of the two cannot be moved by this program."""
    everybody, businesses = kept()
    (one,) = businesses[BOX]["appointments"]
    walk_in = {"customerId": "walkin1", "emailAddress": "walkin1@x.org"}
    double = {**one, "id": "appointment 2", "serviceNotes": None, "customers": [walk_in]}
    businesses[BOX]["appointments"].append(double)
    businesses[BOX]["customers"].append(walk_in)
    seated = edit("add-customer", 2, "walkin1@x.org")
    joined = edit("add-customer", number, "walkin1@x.org", isDouble=True)
    one["customers"] += [walk_in] if number == 1 else []
    one["maximumAttendeesCount"] = 3

    assert found(everybody, businesses, seated, joined) == ""
    assert "overlap" in found(everybody, businesses, seated, joined, forgiving=False)
    assert "overlap" in found(everybody, businesses, seated, {**joined, "isDouble": False})


def test_a_moved_double_that_is_the_booking_is_looked_for() -> None:
    """The other one was taken back: it is shown where the staff moved it."""
    everybody, businesses = kept()
    (one,) = businesses[BOX]["appointments"]
    double, move = double_of(one, 1.0)
    businesses[BOX]["appointments"].append(double)
    one["customers"] = one["customers"][1:]
    one["serviceNotes"] = None
    (everybody[0].reference,) = references(double)
    there = datetime(2026, 12, 1, LATER, tzinfo=UTC)

    for start, is_found in ((there, True), (there + timedelta(hours=1), False)):
        everybody[0].shown = Shown(CONFIRMED, start)
        assert ("is in no appointment" not in found(everybody, businesses, move)) is is_found


def test_what_names_no_booking_is_nobodys_double() -> None:
    """Their customers have left, and only that they were made here stands in the notes of both."""
    everybody, businesses = kept()
    (one,) = businesses[BOX]["appointments"]
    left = {**one, "id": "appointment 2", "createdDateTime": "1970-01-01T00:01:39Z", "customers": []}
    emptied = [{**left, "serviceNotes": "Booked online."}, {**left, "id": "appointment 3"}]
    emptied[1] |= {"serviceNotes": "Booked online.", "staffMemberIds": []}
    businesses[BOX]["appointments"] += emptied
    move = edit("move", 2, to=moment(LATER)["dateTime"])

    assert "appointment 2: an appointment without customers is left" in found(everybody, businesses, move)


@pytest.mark.parametrize("seconds", [59.0, 60.0, None])
@pytest.mark.parametrize("person", ["a@x.org", "walkin@example.org"])
def test_who_is_taken_out_while_being_put_back_may_be_back(person: str, seconds: float | None) -> None:
    """Within a minute of the end of their record, where edits in such moments are forgiven."""
    everybody, businesses = kept()
    is_walk_in = person == "walkin@example.org"
    if is_walk_in:
        businesses[BOX]["appointments"] = [appointment(1, "a@x.org", "b@x.org", person)]
    added = [edit("add-customer", 1, person)] if is_walk_in else []
    deleted = [] if seconds is None else [edit("delete-customer", 2, person, at=200.0 - seconds)]
    edits = [*added, *deleted, edit("remove-customer", 1, person, at=200.0)]

    back = f"appointment 1: {person}, whom the staff had taken out, is in it again"
    assert (back in found(everybody, businesses, *edits)) is (seconds != 59.0)
    assert back in found(everybody, businesses, *edits, forgiving=False)
    strange = "did not ask for this" in found(everybody, businesses, *edits)
    assert strange is (seconds != 59.0 and bool(added))


def test_whom_the_staff_added_and_took_out_again_need_not_stay() -> None:
    everybody, businesses = kept()
    edits = [edit("add-customer", 1, "walkin1@x.org"), edit("remove-customer", 1, "walkin1@x.org")]

    assert found(everybody, businesses, *edits) == ""


def test_a_service_may_be_gone_only_where_it_was_deleted() -> None:
    everybody, businesses = kept()
    everybody[2].missed.add("service-not-found")

    assert "though nobody deleted it" in found(everybody, businesses)
    assert found(everybody, businesses, edit("delete-service", 1)) == ""


def test_a_cancelled_booking_was_taken_out_by_somebody() -> None:
    everybody, businesses = kept()
    everybody[2].missed.add("cancelled")

    assert "though nobody took its customer out" in found(everybody, businesses)
    assert found(everybody, businesses, edit("remove-customer", 1, "c@x.org")) == ""


def test_without_a_key_a_request_after_an_edit_is_a_new_wish() -> None:
    """With a key the answer is the same for ever."""
    everybody, businesses = kept()
    businesses[BOX]["appointments"][0]["customers"].pop(0)
    everybody[0].bodies.append(b"2")
    everybody[0].confirmed, everybody[0].refused = [1.0], [2.0]
    removal = edit("remove-customer", 1, "a@x.org")

    assert "its confirmations differ" in found(everybody, businesses, removal)
    assert "then refused to another" in found(everybody, businesses, removal)
    everybody[0].keyed = False
    assert found(everybody, businesses, removal) == ""


def test_the_windows_are_forgiven_and_counted_apart() -> None:
    """An overlap with what was moved unseen, and somebody added whom a list read before overwrote."""
    everybody, businesses, move = moved("lag")
    businesses[BOX]["appointments"].append(appointment(2, "c@x.org", hour=LATER))
    everybody[2].wish = Wish(BOX, "course", datetime(2026, 12, 1, LATER, tzinfo=UTC), "c@x.org")
    everybody[2].ending = CONFIRMED
    edits = (move, edit("add-customer", 2, "walkin1@x.org", window="write"))

    assert found(everybody, businesses, *edits) == ""
    strict = found(everybody, businesses, *edits, forgiving=False)
    assert "overlap" in strict
    assert "whom the staff had added" in strict
