"""When two spellings are one address, and when they are two people."""

import pytest

from shared.domain.addresses import (
    ascii_address,
    carries_a_link,
    comparable_email,
    comparable_mailbox,
    mailbox_of,
    manage_address,
    own_root,
    person_of,
    same_email,
    secure_address,
    web_origins,
)
from shared.domain.errors import NotFound


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


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("https://www.b\u00fccher.example", "https://www.xn--bcher-kva.example"),
        ("https://bu\u0308cher.example:8443", "https://xn--bcher-kva.example:8443"),
        ("https://fa\u00df.example", "https://xn--fa-hia.example"),
        ("https://\u4f8b\u3048.\u30c6\u30b9\u30c8", "https://xn--r8jz45g.xn--zckzah"),
        ("https://*.b\u00fccher.example", "https://*.xn--bcher-kva.example"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("https://WWW.Contoso.com", "https://www.contoso.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_origin_is_what_browsers_send(typed: str, sent: str) -> None:
    """An internationalised name in ASCII, in lower case, with its port."""
    assert web_origins(typed) == (sent,)
    assert web_origins(f" {typed}, {typed} ") == (sent, sent)


@pytest.mark.parametrize(
    "text",
    [
        "*", "www.contoso.com", "https://", "https://www.contoso.com/", "https://www.contoso.com/path", "https://a?b",
        "https://a#b", "https://a@b.example", "https://a;script-src", "https://'self'", "https://-a.example",
        "https://a..b", "https://\u2603.example", "https://a:99999", "http://www.contoso.com", "ftp://127.0.0.1",
        "https://a%2e.b", "https://[x]", "https://b\u00fccher.example/",
    ],
)  # fmt: skip
def test_what_is_no_origin_is_refused(text: str) -> None:
    """Nothing gets into a header that is not the name of a website."""
    with pytest.raises(ValueError, match=r".*"):
        web_origins(text)


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        (
            "https://www.b\u00fccher.example/d\u00e4nke?x=\u00fc&y=%20#\u00e4",
            "https://www.xn--bcher-kva.example/d%C3%A4nke?x=%C3%BC&y=%20#%C3%A4",
        ),
        ("https://www.contoso.com/d\u00e4nke", "https://www.contoso.com/d%C3%A4nke"),
        ("https://www.Contoso.com/A b", "https://www.Contoso.com/A b"),
    ],
)
def test_an_address_is_what_browsers_send(typed: str, sent: str) -> None:
    """The host in ASCII and all else percent-encoded; what is ASCII stays as it is."""
    assert ascii_address(typed) == sent


@pytest.mark.parametrize(
    "text", ["http://a.example", "https://", "https://a.example?b", "https://u@a.example", "x"]
)
def test_a_service_is_reached_by_https_alone(text: str) -> None:
    """Its address in ASCII, without the slash that people put at the end."""
    assert secure_address("https://b\u00fccher.example/v1/") == "https://xn--bcher-kva.example/v1"
    with pytest.raises(ValueError, match="HTTPS"):
        secure_address(text)


@pytest.mark.parametrize(
    ("given", "host", "root"),
    [
        ("https://book.contoso.com", "func.azurewebsites.net", "https://book.contoso.com"),
        (None, "func.azurewebsites.net", "https://func.azurewebsites.net"),
        (None, "localhost:7071", None),
        (None, None, None),
        (None, "", None),
    ],
)
def test_where_a_deployment_is_reached(given: str | None, host: str | None, root: str | None) -> None:
    """As it was told, else by Azure's name for it; a developer's machine has none that mails could carry."""
    assert own_root(given, host) == root


def test_the_address_of_a_booking_has_its_token_behind_the_hash() -> None:
    """What stands there is sent to nobody."""
    assert manage_address("https://b", "shop", "BK-1", "tok") == "https://b/api/manage/shop#BK-1.tok"


def test_an_alias_leads_to_its_own_mailbox_alone() -> None:
    """Nobody reaches another mailbox of the tenant by naming it."""
    mailboxes = {"shop": "shop@contoso.com"}
    assert mailbox_of(mailboxes, "shop") == "shop@contoso.com"
    for alias in ("shop@contoso.com", "Shop", ""):
        with pytest.raises(NotFound):
            mailbox_of(mailboxes, alias)
