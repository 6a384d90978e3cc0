"""What was typed comes back as far as there is room for it."""

import azure.functions as func

from shared.api.requests.forms import Form
from shared.pages.details import ROOM, affordable, has_room, sent_again
from shared.pages.page_request import PageRequest


def test_what_people_type_comes_back() -> None:
    """A long note and fifty answers have room, whatever letters they are in."""
    typed = {"customer.notes": "漢" * 2000, **{f"answers.{n}": "é" * 100 for n in range(50)}}

    assert affordable(typed) == typed
    assert has_room(typed)


def test_the_longest_are_left_out() -> None:
    """Counted as HTML writes it: a quotation mark takes five bytes."""
    typed = {"a": '"' * (ROOM // 4), "b": "short", "c": "x" * ROOM, "d": "also short"}

    assert list(affordable(typed)) == ["b", "d"]
    assert not has_room(typed)


def test_a_name_counts_too() -> None:
    """A hundred fields without values have names."""
    typed = {f"{n}" + "&" * 190: "" for n in range(100)}

    assert len(affordable(typed)) < 40


def test_a_form_that_asked_for_consent_says_so_again() -> None:
    """The page in between sends everything once more, and that the box was there."""
    request = func.HttpRequest("POST", "/", headers={}, body=b"", route_params={"business": "contoso-lunch"})
    page = PageRequest.of(request, {})
    asked = Form({"customer.name": "Ann", "asksConsent": "true", "step": "x", "lang": "xx"})
    assert sent_again(asked, page, "key") == {
        "customer.name": "Ann",
        "asksConsent": "true",
        "lang": "en",
        "idempotencyKey": "key",
    }
    assert "asksConsent" not in sent_again(Form({"customer.name": "Ann"}), page, "key")
