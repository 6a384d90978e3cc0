"""When two spellings are one address, and when they are two people."""

import pytest

from shared.domain.addresses import (
    carries_a_link,
    comparable_email,
    comparable_mailbox,
    person_of,
    same_email,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann@Contoso.com", "ann@contoso.com"),
        (" ann@contoso.com ", "ann@contoso.com"),
        ("ann@contoso.com.", "ann@contoso.com"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@BÜCHER.example", "ann@bücher.example"),
        ("ann@bu\u0308cher.example", "ann@bücher.example"),
        ("a\u0308@contoso.com", "ä@contoso.com"),
        ("Ä@contoso.com", "ä@contoso.com"),
        ('"a@b"@Contoso.com', '"a@b"@contoso.com'),
    ],
)
def test_spellings_of_one_address_are_one(one: str, other: str) -> None:
    """For e-mail addresses and mailboxes alike."""
    assert comparable_email(one) == comparable_email(other)
    assert comparable_mailbox(one) == comparable_mailbox(other)
    assert same_email(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("straße@contoso.com", "strasse@contoso.com"),
        ("ann@contoso.com", "ann@contoso.org"),
        ("ann@contoso.com", "anna@contoso.com"),
        ("ann@\ud800.example", "ann@\ud801.example"),
    ],
)
def test_two_people_never_share_one(one: str, other: str) -> None:
    """Case-folding would make them one."""
    assert comparable_email(one) != comparable_email(other)
    assert not same_email(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [(None, None), ("", ""), (None, "ann@contoso.com"), ("a@b.c", None)]
)
def test_nothing_is_the_same_as_nothing(one: str | None, other: str | None) -> None:
    """Nobody is found by an address that is not there."""
    assert not same_email(one, other)


def test_a_domain_that_is_none_is_compared_as_it_is_written() -> None:
    """In lower case."""
    assert comparable_email("ann@Ü..example") == "ann@ü..example"


@pytest.mark.parametrize(
    ("address", "person"),
    [
        ("Jordan+shop@Contoso.com", "jordan@contoso.com"),
        ("jordan+a+b@contoso.com", "jordan@contoso.com"),
        ("jordan@contoso.com", "jordan@contoso.com"),
        ("+shop@contoso.com", "+shop@contoso.com"),
        ("jordan@b+c.example", "jordan@b+c.example"),
    ],
)
def test_a_tag_makes_no_other_person(address: str, person: str) -> None:
    """What stands behind a plus is for whoever reads the mail to sort it by."""
    assert person_of(address) == person


@pytest.mark.parametrize(
    "name",
    [
        "URGENT Visit https://evil.example",
        "hxxp://evil",
        "WWW.evil.example",
        "see wWw.evil",
        "call me@evil.example",
        "a@b",
        "evil.example/pay",
        "Win at bit.ly/2x now",
        "evil.example:8080/",
        "10.0.0.1/x",
        "xn--e1afmkfd.xn--p1ai/x",
        "b\u00fccher.example/x",
        "evil\uff0eexample\uff0fpay",
        "\uff57\uff57\uff57.evil",
        "https:\u200b//evil",
        "w\u00adww.evil.example",
        "evil\u200b.example/\u200dpay",
    ],
)
def test_what_mail_programs_make_a_link_of_is_no_name(name: str) -> None:
    """In whatever width or with whatever invisible in between."""
    assert carries_a_link(name)


@pytest.mark.parametrize(
    "name",
    [
        "Jordan Miller",
        "St.John",
        "Anna St.John-Smith",
        "J.R.R. Tolkien",
        "Dr.med. M\u00fcller",
        "Smith/Jones",
        "Dr./Prof. Ada",
        "c/o M\u00fcller",
        "\u0645\u06cc\u200c\u0631\u0632\u0627",
        "O'Brien",
        "\u674e.\u5c0f\u9f8d",
        "Wwwoflu Www",
        "",
    ],
)
def test_names_of_people_are_names(name: str) -> None:
    """With dots, slashes, joiners, in any script."""
    assert not carries_a_link(name)
