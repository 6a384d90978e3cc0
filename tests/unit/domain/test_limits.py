"""The limits as the settings give them."""

import pytest

from shared.domain.limits import LIMITS, WINDOWS, limits, read_limits


def test_what_is_not_named_stays() -> None:
    """A change is of one window of one limit."""
    changed = limits({"address": {"hour": 500}, "phone": {"minute": 1}})
    assert changed["address"] == {**LIMITS["address"], "hour": 500}
    assert changed["phone"] == {"minute": 1, **LIMITS["phone"]}
    assert {name: one for name, one in changed.items() if name not in {"address", "phone"}} == {
        name: one for name, one in LIMITS.items() if name not in {"address", "phone"}
    }
    assert limits({}) == LIMITS


def test_changes_are_written_in_json() -> None:
    """As in the setting."""
    assert read_limits('{"phone": {"day": 5}}')["phone"] == {"day": 5}
    for wrong in ("", "address", '{"address"', "5"):
        with pytest.raises(ValueError, match=r".*"):
            read_limits(wrong)


def test_a_limit_can_be_taken_away() -> None:
    """By null; the others of its windows stay."""
    assert limits({"address": {"minute": None}})["address"] == {
        name: most for name, most in LIMITS["address"].items() if name != "minute"
    }
    assert limits({"site": dict.fromkeys(WINDOWS)})["site"] == {}


@pytest.mark.parametrize("most", [1, 1_000_000])
def test_a_limit_is_one_to_a_million(most: int) -> None:
    """Both included."""
    assert limits({"person": {"day": most}})["person"]["day"] == most


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        "address",
        {"adress": {"hour": 1}},
        {"address": 5},
        {"address": None},
        {"address": {"week": 5}},
        {"address": {"hour": 0}},
        {"address": {"hour": -1}},
        {"address": {"hour": 1_000_001}},
        {"address": {"hour": 1.5}},
        {"address": {"hour": "5"}},
        {"address": {"hour": True}},
    ],
)
def test_anything_else_is_refused(wrong: object) -> None:
    """A name that nobody knows would be a limit that nobody keeps."""
    with pytest.raises(ValueError, match="whole numbers"):
        limits(wrong)


def test_an_office_fits_into_the_limits() -> None:
    """Fifty people behind one address may all book within a minute, and each once more within the hour."""
    assert LIMITS["address"]["minute"] >= 50
    assert min(LIMITS[name]["hour"] for name in ("address", "site", "network")) >= 2 * 50
