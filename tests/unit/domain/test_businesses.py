"""The setting that names the businesses: what an entry may say, and what stops the start."""

import json

import pytest

from shared.domain.shop.branding import Branding
from shared.domain.shop.businesses import Mailbox, read_businesses

ADDRESS = "a@contoso.com"


def read(**members: object) -> Mailbox:
    """One business with these members."""
    return read_businesses(json.dumps({"a": {"mailbox": ADDRESS, **members}}))["a"]


def test_an_address_alone_is_enough() -> None:
    """Everything else has its default."""
    assert read_businesses(f'{{"a": "{ADDRESS}"}}') == {"a": Mailbox(ADDRESS)}
    assert read() == Mailbox(ADDRESS)


def test_an_entry_may_say_how_its_pages_look() -> None:
    """Pictures by https, the host as browsers write it; words for any language or by language."""
    found = read(
        timeZone="Europe/Paris",
        public=True,
        logo="https://bücher.example/logo.png?v=2",
        favicon="https://www.contoso.com/icon.svg",
        texts={"intro": "Welcome", "confirmed": {"en": "See you", "fr": "À bientôt"}},
    )
    looks = Branding(
        "https://xn--bcher-kva.example/logo.png?v=2",
        "https://www.contoso.com/icon.svg",
        {"intro": {"": "Welcome"}, "confirmed": {"en": "See you", "fr": "À bientôt"}},
    )
    assert found == Mailbox(ADDRESS, "Europe/Paris", True, looks)


def test_words_are_found_by_language() -> None:
    """Those of the language, else those of any; none where only others have some."""
    looks = Branding(texts={"intro": {"": "Welcome"}, "details": {"": "Hello", "fr": "Bonjour"}})
    assert looks.text("intro", "de") == "Welcome"
    assert [looks.text("details", tag) for tag in ("fr", "de")] == ["Bonjour", "Hello"]
    assert looks.text("confirmed", "en") is None
    assert Branding(texts={"intro": {"fr": "Bonjour"}}).text("intro", "en") is None


@pytest.mark.parametrize(
    "text",
    ["no JSON", "[]", "{}", '{"A": "a@contoso.com"}', '{"a": 1}', '{"a": {}}', '{"a": {"mailbox": "nobody"}}',
     '{"a": {"mailbox": "a@contoso.com", "color": "red"}}'],
)  # fmt: skip
def test_what_names_no_business_is_refused(text: str) -> None:
    """With an example of what is expected."""
    with pytest.raises(ValueError, match="a JSON object such as"):
        read_businesses(text)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"timeZone": "Mars/Olympus"}, "time zone"),
        ({"timeZone": 1}, "time zone"),
        ({"public": "yes"}, "true or false"),
        ({"logo": "http://www.contoso.com/logo.png"}, "https addresses"),
        ({"logo": "https://*.contoso.com/logo.png"}, "https addresses"),
        ({"logo": "https://www.contoso.com; script-src *"}, "https addresses"),
        ({"logo": "https://jo@www.contoso.com/logo.png"}, "https addresses"),
        ({"logo": "data:image/png;base64,AAAA"}, "https addresses"),
        ({"favicon": 5}, "https addresses"),
        ({"texts": "Welcome"}, "an object as texts"),
        ({"texts": {"outro": "Bye"}}, "an object as texts"),
        ({"texts": {"intro": 5}}, "an object as texts"),
        ({"texts": {"intro": {"English": "Hello"}}}, "an object as texts"),
        ({"texts": {"intro": {"en": 5}}}, "an object as texts"),
        ({"texts": {"intro": ""}}, "an object as texts"),
        ({"texts": {"intro": "x" * 501}}, "an object as texts"),
    ],
    ids=str,
)
def test_what_cannot_be_shown_is_refused(members: dict[str, object], expected: str) -> None:
    """Each by what it should have been."""
    with pytest.raises(ValueError, match=expected):
        read(**members)
