"""Names of people, and what only looks like one."""

import pytest

from shared.domain.names import carries_a_link


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
