"""Websites with internationalised names, and headers that could not be sent."""

import azure.functions as func
import pytest

from shared.api.pipeline import run
from shared.bootstrap import build
from shared.settings import Settings, SettingsError
from tests.api.test_forms import BROWSER, URL, fields
from tests.api.test_pages import PAGE
from tests.support.facade import Facade, environment, serve

TYPED = "https://www.b\u00fccher.example"
SENT = "https://www.xn--bcher-kva.example"
SETTINGS = ("FRAME_ANCESTORS", "ALLOWED_RETURN_ORIGINS", "ALLOWED_FORM_ORIGINS")


async def named(facade: Facade, typed: str = TYPED) -> None:
    """Let the facade know the website by the name that its owner typed."""
    serve(facade.module, build(environment(facade.emulator, **dict.fromkeys(SETTINGS[:2], typed))))


@pytest.mark.parametrize(
    "typed", [TYPED, "https://www.bu\u0308cher.example", "https://WWW.B\u00dcCHER.example", SENT]
)
async def test_the_page_names_the_website_in_ascii(facade: Facade, typed: str) -> None:
    """However the owner writes the name, browsers get the one that they compare with."""
    await named(facade, typed)
    answer = await facade.http.get(PAGE, headers=BROWSER)
    policy = answer.headers["content-security-policy"]
    assert answer.status_code == 200
    assert f"frame-ancestors 'self' {SENT}" in policy
    assert f"form-action 'self' {SENT}" in policy


@pytest.mark.parametrize(
    ("address", "where"),
    [
        (f"{TYPED}/danke", f"{SENT}/danke"),
        (f"{SENT}/danke", f"{SENT}/danke"),
        (f"{TYPED}/d\u00e4nke?g=\u00fc", f"{SENT}/d%C3%A4nke?g=%C3%BC"),
        ("https://www.b\u00dccher.example/", f"{SENT}/"),
    ],
)
async def test_the_way_back_is_written_as_browsers_send_it(facade: Facade, address: str, where: str) -> None:
    """A Location has no other characters than ASCII, whatever the form names."""
    await named(facade)
    answer = await facade.http.post(URL, data=fields(returnUrl=address), headers=BROWSER)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith(where)


@pytest.mark.parametrize(
    "address",
    [
        "https://www.bucher.example/",
        "https://www.b\u00fccher.example.evil.example/",
        f"{TYPED}:444/",
        "https://b\u00fccher/",
    ],
)
async def test_another_website_is_refused(facade: Facade, address: str) -> None:
    """A name that looks alike is another one."""
    await named(facade)
    answer = await facade.http.post(URL, data=fields(returnUrl=address))
    assert [one["code"] for one in answer.json()["errors"]] == ["return-url-refused"]


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize(
    "value",
    [
        "https://\u2603.example",
        "https://a;script-src",
        "https://b\u00fccher.example/x",
        "b\u00fccher.example",
    ],
)
def test_a_setting_that_names_no_website_stops_the_start(name: str, value: str) -> None:
    """By its name, so that nobody looks for the reason among the pages."""
    with pytest.raises(SettingsError, match=f"{name}: expected origins"):
        Settings.from_environ({"BOOKING_BUSINESSES": '{"a": "a@contoso.com"}', name: value})


@pytest.mark.parametrize("value", ["b\u00fccher", "a\r\nb", "\u2028"])
async def test_a_header_that_cannot_be_sent_is_no_empty_answer(value: str) -> None:
    """The host would end such an answer without a body: it becomes a problem, which is logged."""

    async def handle(_: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse("page", headers={"X-Name": value})

    request = func.HttpRequest("GET", "http://facade/api/x", body=b"")
    answer = await run("x", handle, request)
    assert answer.status_code == 500
    assert b"internal-error" in answer.get_body()
    assert "X-Name" not in answer.headers
