"""Forms as browsers and builders really send them: their bytes, their charsets, what they add."""

from urllib.parse import quote_from_bytes

import pytest

from shared.api.problems import Problem
from shared.api.requests.forms import read_form
from shared.api.requests.ignored_fields import IgnoredFields
from tests.api.test_forms import BROWSER, FORM, URL, fields, part, request
from tests.support.facade import BUSINESS, KEY, Facade, connect, environment, load_app

MULTIPART = "multipart/form-data; boundary=b"
NAME = "José Núñez"


def encoded(pairs: dict[str, str], charset: str, *, escaped: bool = True) -> bytes:
    """An urlencoded body as a browser makes it in this charset, or without the escapes."""

    def raw(text: str) -> bytes:
        sent = text.encode(charset, "xmlcharrefreplace")
        if escaped:
            return quote_from_bytes(sent, safe="").encode()
        return sent.replace(b"%", b"%25").replace(b"&", b"%26").replace(b"+", b"%2B").replace(b" ", b"+")

    return b"&".join(raw(name) + b"=" + raw(value) for name, value in pairs.items())


def parts(pairs: dict[str, str], charset: str, header: str = "") -> bytes:
    """The same as multipart; `header` is a line of every part."""
    more = (header,) if header else ()
    made = [part(name, value, *more).encode(charset, "xmlcharrefreplace") for name, value in pairs.items()]
    return b"".join(made) + b"--b--\r\n"


def read(body: bytes, content_type: str = FORM) -> dict[str, str]:
    """The fields of a form with this body."""
    return dict(read_form(request(body, content_type)).fields)


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("utf-8", "José Núñez 李 🍱"),
        ("windows-1252", "José “Núñez” \u2013 5 €"),
        ("windows-1252", "Łukasz Żak 李"),
        ("windows-1251", "Иван Кузнецов"),
        ("iso-8859-2", "Łukasz Żak"),
        ("iso-8859-15", "José 5 €"),
        ("shift_jis", "山田太郎 表示"),
        ("euc-kr", "홍길동"),
        ("big5", "王小明"),
        ("gb2312", "王小明"),
        ("koi8-r", "Иван"),
        ("iso-2022-jp", "山田太郎"),
    ],
)
def test_a_form_is_read_in_the_charset_that_it_names(charset: str, text: str) -> None:
    """By `_charset_`, by the type's charset, and by the part's, in both media types."""
    said = {"customer.name": text, "_charset_": charset}
    plain = {"customer.name": text}
    for body, kind in (
        (encoded(said, charset), FORM),
        (encoded(plain, charset), f"{FORM}; charset={charset}"),
        (parts(said, charset), MULTIPART),
        (parts(plain, charset), f"{MULTIPART}; charset={charset}"),
        (parts(plain, charset, f"Content-Type: text/plain; charset={charset}"), MULTIPART),
    ):
        assert read(body, kind) == {"customer.name": text}


@pytest.mark.parametrize("escaped", [True, False])
@pytest.mark.parametrize("text", [NAME, "100% sure & ready + able", "“quoted” \u2013 5 €", "Ünlü", ""])
@pytest.mark.parametrize("charset", ["utf-8", "windows-1252"])
def test_a_form_that_names_no_charset_is_utf_8_or_windows_1252(
    charset: str, text: str, escaped: bool
) -> None:
    """With and without percent-encoding; nothing that browsers send is unreadable."""
    pairs = {"customer.name": text, "customer.notes": "naïve"}
    assert read(encoded(pairs, charset, escaped=escaped)) == pairs
    assert read(parts(pairs, charset), MULTIPART) == pairs


@pytest.mark.parametrize("charset", ["utf-16", "x-user-defined", "nonsense", "", "us-ascii", "utf-8"])
def test_a_charset_that_says_nothing_or_the_wrong_thing_loses_nothing(charset: str) -> None:
    """What is not in the charset that was named is read as if none had been."""
    for true in ("utf-8", "windows-1252"):
        body = encoded({"customer.name": NAME}, true)
        assert read(body, f"{FORM}; charset={charset}") == {"customer.name": NAME}
        assert read(body + b"&_charset_=" + charset.encode()) == {"customer.name": NAME}


def test_a_character_that_only_looks_like_another_is_lacking() -> None:
    """Shift_JIS has a wide cent sign and no plain one, which a browser writes as a reference."""
    assert read(b"a=&#162;&_charset_=shift_jis".replace(b"&#162;", b"%26%23162%3B")) == {"a": "\xa2"}


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("&#321;ukasz", "Łukasz"),
        ("&#233;", "&#233;"),
        ("&#65;", "&#65;"),
        ("&#55296; &#9999999;", "&#55296; &#9999999;"),
        ("AT&#38;T", "AT&#38;T"),
    ],
)
def test_references_are_what_a_charset_lacks(sent: str, meant: str) -> None:
    """A browser writes what windows-1252 lacks as a reference; one of what it has was typed by somebody."""
    assert read(encoded({"a": sent, "_charset_": "windows-1252"}, "windows-1252")) == {"a": meant}
    assert read(encoded({"a": sent}, "utf-8")) == {"a": sent}


@pytest.mark.parametrize("raw", [b"a=\x81\x8d\x8f\x90\x9d", b"a=%81%8D%8F%90%9D%FF"])
def test_every_byte_can_be_read(raw: bytes) -> None:
    """Even those for which Windows has no character."""
    assert set(read(raw)["a"]) <= {"ÿ"}


@pytest.mark.parametrize("accept", [BROWSER["Accept"], "application/json"])
@pytest.mark.parametrize("charset", ["utf-8", "windows-1252"])
@pytest.mark.parametrize("kind", [FORM, MULTIPART])
async def test_a_name_of_another_charset_is_booked(
    facade: Facade, charset: str, kind: str, accept: str
) -> None:
    """José is in the calendar, whatever page he booked on."""
    pairs = fields(customer__name=NAME)
    body = encoded(pairs, charset, escaped=False) if kind == FORM else parts(pairs, charset)
    answer = await facade.http.post(URL, content=body, headers={"Content-Type": kind, "Accept": accept})
    assert answer.status_code in {201, 303}, answer.text
    (made,) = await facade.appointments()
    assert [one["name"] for one in made["customers"]] == [NAME]


async def test_a_refused_form_of_another_charset_comes_back_as_typed(facade: Facade) -> None:
    """Without what the visitor cannot see, and with everything else."""
    pairs = fields(customer__name=f"\u200b{NAME}", customer__email="nobody", customer__notes="“Grüße”")
    answer = await facade.http.post(
        URL, content=encoded(pairs, "utf-8"), headers={**BROWSER, "Content-Type": FORM}
    )
    legacy = await facade.http.post(
        URL,
        content=encoded({**pairs, "customer.name": NAME}, "windows-1252"),
        headers={**BROWSER, "Content-Type": FORM},
    )
    for page in (answer, legacy):
        assert page.status_code == 422
        assert f'value="{NAME}"' in page.text
        assert "“Grüße”" in page.text


def file_part(name: str, filename: str, content: str = "") -> str:
    """A part as browsers make it of a field for a file."""
    return part(f'{name}"; filename="{filename}', content, "Content-Type: application/octet-stream")


def test_a_field_for_a_file_that_nobody_chose_is_nothing() -> None:
    """Browsers send it all the same, without a name and without content."""
    body = (part("lang", "en") + file_part("photo", "") + "--b--\r\n").encode()
    assert read(body, MULTIPART) == {"lang": "en"}


@pytest.mark.parametrize(("filename", "content"), [("a.png", "x"), ("a.png", ""), ("", "x")])
def test_a_file_is_refused_at_its_field(filename: str, content: str) -> None:
    """Nothing that was sent is dropped without a word."""
    with pytest.raises(Problem) as caught:
        read((file_part("photo-1", filename, content) + "--b--\r\n").encode(), MULTIPART)
    assert [(one.pointer, one.code) for one in caught.value.errors] == [("/photo-1", "file-refused")]


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; charset=utf-8"]
)
def test_a_body_without_its_boundary_says_so(kind: str) -> None:
    """Programs that set the header by hand forget it."""
    with pytest.raises(Problem) as caught:
        read((part("a") + "--b--\r\n").encode(), kind)
    assert caught.value.code == "body-unreadable"
    assert "boundary" in caught.value.detail


MEANINGLESS = [
    "utm_source", "UTM_Campaign", "gclid", "fbclid", "msclkid", "x", "y", "send.x", "customer.name.dir",
    "Submit", "_gotcha",
    "bot-field", "form-name", "g-recaptcha-response", "csrf_token", "_wpcf7_version", "utf8",
]  # fmt: skip


async def test_what_builders_and_browsers_add_is_ignored(facade: Facade) -> None:
    """Tracking, image buttons, named buttons, honeypots and tokens do not refuse a booking."""
    answer = await facade.http.post(URL, data=fields(**dict.fromkeys(MEANINGLESS, "x")))
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("name", "pointer"),
    [
        ("customer.nmae", "/customer/nmae"),
        ("guests_2", "/guests_2"),
        ("your.guests", "/your.guests"),
        ("customer.shoe-size", "/customer/shoe-size"),
        ("ann@contoso.com", ""),
        ("x" * 61, ""),
        ("a b", ""),
    ],
)
async def test_a_field_that_nobody_knows_is_refused_by_its_name(
    facade: Facade, name: str, pointer: str
) -> None:
    """Whoever makes the form finds the field; a name that could be somebody's is not repeated."""
    answer = await facade.http.post(URL, data=fields(**{name: "x"}))
    errors = [(one["pointer"], one["code"]) for one in answer.json()["errors"]]
    assert (answer.status_code, errors) == (422, [(pointer, "extra-forbidden")])


async def test_a_deployment_ignores_more_fields(facade: Facade, monkeypatch: pytest.MonkeyPatch) -> None:
    """IGNORED_FORM_FIELDS has names with `*`; what says something about the booking is never ignored."""
    settings = environment(facade.emulator, IGNORED_FORM_FIELDS="crm_*, Ref,form[*],*ail,start")
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    module = load_app({})
    sent = fields(**{"crm_id": "1", "ref": "2", "form[a]": "3"})
    async with connect(module) as http:
        visitor = await http.post(URL, data=sent)
        url = f"/api/v1/partner/businesses/{BUSINESS}/bookings"
        other = {**sent, "customer.email": "ann@contoso.com"}
        partner = await http.post(url, data=other, headers={"x-functions-key": KEY})
        await module.facade.aclose()
    assert (visitor.status_code, partner.status_code) == (201, 201), visitor.text
    assert (await facade.http.post(URL, data=fields(crm_id="1"))).status_code == 422


@pytest.mark.parametrize(
    ("pattern", "name", "is_ignored"),
    [
        ("a*", "A-b", True), ("a*", "ba", False), ("*b*", "abc", True), ("f[*]", "f[1]", True),
        ("f[ab]", "fa", False), ("q?", "q?", True), ("q?", "qa", False), ("a*a*a*a*a*a*b", "a" * 200, False),
    ],
)  # fmt: skip
def test_only_a_star_stands_for_anything(pattern: str, name: str, is_ignored: bool) -> None:
    """All other characters of a name stand for themselves, in either case of letters."""
    assert (name in IgnoredFields((pattern,))) is is_ignored


@pytest.mark.parametrize(
    ("sent", "proof"),
    [
        ({"cf-turnstile-response": "t"}, "t"),
        ({"altcha": "a"}, "a"),
        ({"humanCheck": "h", "cf-turnstile-response": "t"}, "h"),
        ({"humanCheck": "", "altcha": "a"}, "a"),
        ({}, None),
    ],
)
def test_the_fields_of_widgets_are_the_proof(sent: dict[str, str], proof: str | None) -> None:
    """They count where the API's own field is missing or blank, and are no unknown fields."""
    form = read_form(request(encoded(sent, "utf-8"), FORM))
    assert form.proof == proof
    assert form.value().get("humanCheck") == proof
    assert set(form.value()) <= {"customer", "humanCheck"}


def test_a_widget_that_is_shown_twice_sends_its_field_twice() -> None:
    """The first one that was solved counts."""
    assert read(b"altcha=&altcha=a&altcha=b") == {"altcha": "a"}


async def test_the_trap_says_what_to_do(facade: Facade) -> None:
    """A browser may have filled it in for a person, who then sends the form again with the field empty."""
    sent = fields(website="https://www.contoso.com")
    answer = await facade.http.post(URL, data=sent)
    page = await facade.http.post(URL, data=sent, headers=BROWSER)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (403, "/website", "trap-filled")
    assert "empty it and send the booking again" in answer.json()["detail"]
    assert page.status_code == 403
    assert "send the form once more" in page.text
    assert 'value="https://www.contoso.com"' not in page.text
