"""The notes for the staff: a customer's note beside the reference, and everything else as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.booking.writes.notes import (
    block,
    carries,
    has_note,
    mark,
    note_of,
    references_in,
    with_note,
    without_note,
    without_words,
)
from tests.support.shop import an_appointment

OURS, OTHERS = "BK-1234ABCD", "BK-9876WXYZ"
STAFF = "  Ladder needed\r\n\r\n\tRoom 4\r\nask Ann | Bob"
ANY_TEXT = st.text(
    alphabet=st.one_of(
        st.sampled_from("\r\n\v\f\x85\u2028\u2029 |\t"), st.characters(exclude_categories=["Cs"])
    )
)


def test_a_note_stands_below_its_mark() -> None:
    """Behind a bar, line by line."""
    notes = with_note(None, OURS, "Nut allergy!\nBy the window")
    assert notes == f"{mark(OURS)}\n  | Nut allergy!\n  | By the window"
    assert note_of(notes, OURS) == "Nut allergy!\nBy the window"
    assert carries(an_appointment(service_notes=notes), OURS)


def test_nothing_is_added_for_nothing() -> None:
    """Nor twice, nor an end to a line that has one."""
    assert (with_note(STAFF, OURS, ""), with_note(None, OURS, "")) == (STAFF, "")
    once = with_note(STAFF, OURS, "Nut allergy!")
    assert once == f"{STAFF}\n{block(OURS, 'Nut allergy!')}"
    assert with_note(once, OURS, "Nut allergy!") == once
    for ended in ("Room 4\n", "Room 4\r"):
        assert with_note(ended, OURS, "Nuts") == f"{ended}{block(OURS, 'Nuts')}"


def test_a_note_that_is_there_otherwise_is_written_anew() -> None:
    """The mark alone, or another text below it."""
    for old in (mark(OURS), block(OURS, "something else")):
        assert with_note(f"{old}\n{STAFF}", OURS, "Nuts") == f"{STAFF}\n{block(OURS, 'Nuts')}"


def test_who_leaves_takes_the_note_along() -> None:
    """With the mark, and with what the staff wrote behind it; the others' lines stay byte for byte."""
    ours = f"{mark(OURS)} - window seat\r\n  | Nuts\r\n| not indented any more\r\n"
    notes = f"{STAFF}\r\n{ours}{block(OTHERS, 'Gluten')}\r"
    assert without_note(notes, OURS) == f"{STAFF}\r\n{block(OTHERS, 'Gluten')}\r"
    assert without_note(without_note(notes, OURS), OTHERS) == f"{STAFF}\r\n"
    assert (without_note(STAFF, OURS), without_note(None, OURS)) == (STAFF, "")
    assert without_note(block(OURS + "X", "Nuts"), OURS) == block(OURS + "X", "Nuts")


def test_who_is_erased_leaves_the_mark_alone() -> None:
    """Everything else stays byte for byte."""
    notes = f"{STAFF}\r\n{mark(OURS)}\r\n  | Nuts\r\n  | Anna\r\n{block(OTHERS, 'Gluten')}\r"
    left = without_words(notes, OURS)
    assert left == f"{STAFF}\r\n{mark(OURS)}\r\n{block(OTHERS, 'Gluten')}\r"
    assert references_in(left) == (OURS, OTHERS)
    assert (without_words(STAFF, OURS), without_words(None, OURS), references_in(None)) == (STAFF, "", ())


def test_what_follows_a_note_is_not_part_of_it() -> None:
    """Whatever the staff write below it."""
    notes = f"{block(OURS, 'Nuts')}\nno bar\n  | a line of somebody's"
    assert without_note(notes, OURS) == "no bar\n  | a line of somebody's"


@pytest.mark.parametrize("theirs", ["\N{NO-BREAK SPACE}| theirs", "X| theirs", "\v| theirs"])
def test_only_spaces_and_tabs_stand_before_the_bar_of_a_note(theirs: str) -> None:
    """Every other line below it is the staff's."""
    assert without_note(f"{block(OURS, 'Nuts')}\n{theirs}", OURS) == theirs


def test_a_note_may_have_bars_of_its_own() -> None:
    """What comes behind the first one is the customer's."""
    assert note_of(with_note(None, OURS, "Ann | Bob"), OURS) == "Ann | Bob"


def test_a_note_that_graph_has_spaced_anew_stays_as_it_is() -> None:
    """It is there: nothing is sent for it."""
    kept = f"{STAFF}\n{block(OURS, 'By the window')}".replace("  | ", "|")
    assert with_note(kept, OURS, "By the window") == kept


@pytest.mark.parametrize(
    ("kept", "is_there"),
    [
        (block(OURS, "Nut allergy!\n\nBy the window"), True),
        (block(OURS, "Nut allergy!\n\nBy the window").replace("\n", "\r\n").replace("  | ", "|"), True),
        (f"{mark(OURS)}\n|Nut  allergy!  \n|By the window ", True),
        (block(OURS, "Nut allergy!"), False),
        (block(OTHERS, "Nut allergy!\n\nBy the window"), False),
        (mark(OURS), False),
        (None, False),
    ],
)
def test_a_note_is_known_again(kept: str | None, is_there: bool) -> None:
    """Graph may have spaced it anew."""
    assert has_note(kept, OURS, "Nut allergy!\n\nBy the window") is is_there


def test_a_note_without_letters_is_known_by_being_there() -> None:
    """Something has to stand below the mark."""
    assert has_note(block(OURS, "\N{PEANUTS}"), OURS, "\N{PEANUTS}")
    assert not has_note(mark(OURS), OURS, "\N{PEANUTS}")


@given(text=ANY_TEXT)
def test_no_note_makes_a_mark(text: str) -> None:
    """Whatever ends a line, and even where the spaces at the start of lines get lost."""
    forged = text.replace("|", mark(OTHERS)) + f"\n{mark(OTHERS)}\r{mark(OTHERS)}\x85{mark(OTHERS)}"
    notes = with_note(STAFF, OURS, forged)
    trimmed = "\n".join(line.strip() for line in notes.splitlines())
    for kept in (notes, trimmed):
        assert not carries(an_appointment(service_notes=kept), OTHERS)
        assert without_note(kept, OTHERS) == kept


@given(staff=ANY_TEXT, text=ANY_TEXT.filter(str.strip))
def test_what_comes_and_goes_leaves_the_rest_as_it_was(staff: str, text: str) -> None:
    """But for the end of a last line that had none."""
    left = without_note(with_note(staff, OURS, text), OURS)
    assert left in {staff, f"{staff}\n"}
