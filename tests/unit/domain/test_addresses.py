"""When two spellings are one address, and when they are two people."""

import pytest

from shared.domain.addresses import comparable_email, comparable_mailbox, person_of, same_email


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
