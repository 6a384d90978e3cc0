"""Texts from people: what they see arrives, what nobody sees is gone."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.texts import (
    INVISIBLE,
    LONGEST_RUN,
    clean,
    clean_address,
    clean_line,
    clean_name,
    comparable,
)

PERSIAN = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("  Ring twice \n", "Ring twice"),
        ("Ring\r\ntwice\rthen\x0bwait\x0chere", "Ring\ntwice\nthen\nwait\nhere"),
        ("one\u2028two\u2029three\x85four", "one\ntwo\nthree\nfour"),
        ("well\x1eknown, opt\x1fional", "well-known, optional"),
        ("a\x00b\x03c\x7fd", "abcd"),
        ("\x93quoted\x94 \x96 5 \x80\x81", "“quoted” \u2013 5 €"),
        ("Jose\u0301", "José"),
        ("\u212bngstro\u0308m", "Ångström"),
        ("\ufeffhidden\u200b\u2060\u3000", "hidden"),
        ("\u202b\u05e9\u05dc\u05d5\u05dd\u202c", "\u05e9\u05dc\u05d5\u05dd"),
        ("\xa0 a\u200bb \xad", "a\u200bb"),
        ("a\ufdd0b\uffffc\U0010fffe", "abc"),
        ("I ❤\ufe0f", "I ❤\ufe0f"),
        ("葛\U000e0100 ", "葛\U000e0100"),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f\u200b",
         "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("\u0d05\u0d35\u0d28\u0d4d\u200d", "\u0d05\u0d35\u0d28\u0d4d\u200d"),
        ("a\tb", "a\tb"),
        ("\u3164\ufe0f\u2800", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_text_is_what_is_seen_of_it(sent: str, meant: str) -> None:
    """Line ends, hyphens of word processors, characters of Windows, one way to write a letter, clean ends."""
    assert clean(sent) == meant


def test_heaped_marks_cost_no_time() -> None:
    """A text of nothing but marks stays as it is: bringing those into order takes quadratic time."""
    heap = "e" + "\u0301\u0316" * LONGEST_RUN
    assert clean(heap) == heap
    assert clean("e\u0301\u0316") == "é\u0316"


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("12 Main St\r\nApt 4", "12 Main St Apt 4"),
        ("12 Main St\x0b \u200b\n\tApt 4 ", "12 Main St Apt 4"),
        ("12  Main St", "12  Main St"),
    ],
)
def test_a_line_has_no_line_ends(sent: str, meant: str) -> None:
    """What has room for one line gets one, with a space where lines ended."""
    assert clean_line(sent) == meant


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("Ann\u202e Lee", "Ann Lee"),
        ("An\xadn\nLee", "Ann Lee"),
        (PERSIAN, PERSIAN),
        ("\u0d05\u0d35\u0d28\u0d4d\u200d", "\u0d05\u0d35\u0d28\u0d4d\u200d"),
        ("\u0930\u094d\u200d \u092f", "\u0930\u094d\u200d \u092f"),
        ("Ann\u200d 1\u200c2", "Ann 12"),
        ("\u200dAnn", "Ann"),
        ("A\u200bnn", "Ann"),
        ("E\u200b\u0301va", "Éva"),
        ("\u200b", ""),
        ("\u200e\u200f", ""),
        ("\u3164", ""),
        ("\u2060\ufeff", ""),
        ("\xad", ""),
        ("\u2800\u115f", ""),
        ("\u0301\u200b\u0302", ""),
        ("\x00\x03", ""),
        ("\U000e0041", ""),
        ("\uffa0 \ufffc", ""),
        ("李", "李"),
        ("Ann", "Ann"),
    ],
)  # fmt: skip
def test_a_name_is_one_line_that_shows_something(sent: str, meant: str) -> None:
    """Format characters go, joiners between letters stay, and what shows nothing is no name."""
    assert clean_name(sent) == meant


@pytest.mark.parametrize(
    "sent",
    [
        "{}\u200b", "\ufeff{}", "\u200e{}", "\u202a{}\u202c", "\u2066{}\u2069", "{}\u2060", "\xa0{}\u3000",
        "\x03{}\x0b", "{}\u00ad",
    ],
)  # fmt: skip
def test_an_address_has_nothing_unseen(sent: str) -> None:
    """Around it and inside of it; a space inside stays, so that it is refused and not guessed."""
    assert clean_address(sent.format("ann@contoso.com")) == "ann@contoso.com"
    assert clean_address(sent.format("ann\u200b@con\u2060to\u00adso.com")) == "ann@contoso.com"
    assert clean_address(sent.format("ann @contoso.com")) == "ann @contoso.com"


def test_texts_that_look_the_same_compare_as_the_same() -> None:
    """Spaces of whatever kind and number, and what nobody sees, make no difference; letters do."""
    same = ["Vegan menu", " Vegan\xa0menu ", "Vegan\n menu", "Ve\u200bgan menu\ufeff"]
    assert {comparable(one) for one in same} == {"Vegan menu"}
    assert comparable("vegan menu") != comparable("Vegan menu")


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    """Each of the cleaners leaves what it made as it is, and all of them leave a clean text's ends alone."""
    for cleaner in (clean, clean_line, clean_name, clean_address, comparable):
        assert cleaner(cleaner(text)) == cleaner(text)


def seen(text: str) -> str:
    """What of a text leaves ink on paper."""
    return "".join(
        one
        for one in unicodedata.normalize("NFC", text)
        if one not in INVISIBLE and unicodedata.category(one)[0] != "C"
    )


@given(st.text(st.characters(exclude_characters="\x1e" + "".join(map(chr, range(0x80, 0xA0))))))
def test_nothing_that_shows_is_lost(text: str) -> None:
    """Cleaning takes away nothing but what is invisible or a control."""
    assert seen(clean(text)) == seen(text)
