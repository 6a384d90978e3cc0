"""The page in the frame of another website, from the server's side: where it leads, and what it tells."""

from gzip import compress

import pytest

from devtools.graph_emulator.client import ControlClient
from shared.pages.assets import asset
from tests.api.test_forms import BROWSER, URL, fields
from tests.api.test_pages import PAGE, Reader
from tests.support.facade import BENTO, Facade, connect, environment, load_app, start_at

MAX_REQUESTS = 5
MAX_EMBED = 8_000
"""Bytes as they are sent, compressed."""

HOST = "https://www.contoso.com"
BACK = f"{HOST}/thanks?from=form"
AUDIT_ONLY = "70398a56-09c2-4b5a-9c1e-3d2f64a1c7e8"
"""Somebody of the staff who gives no menu tasting."""


@pytest.mark.parametrize(
    ("destination", "embed", "in_frame"),
    [
        ("empty", HOST, True),
        ("iframe", HOST, True),
        ("document", HOST, False),
        ("", HOST, False),
        ("iframe", "", False),
    ],
)
async def test_a_return_address_is_for_the_whole_window(
    emulator: ControlClient,
    monkeypatch: pytest.MonkeyPatch,
    destination: str,
    embed: str,
    in_frame: bool,
) -> None:
    """What becomes a frame's page, or a script's, leads there by a link; what becomes the window's goes."""
    settings = environment(emulator, ALLOWED_RETURN_ORIGINS=HOST, FRAME_ANCESTORS=HOST)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    module = load_app({})
    async with connect(module) as http:
        headers = {**BROWSER, **({"Sec-Fetch-Dest": destination} if destination else {})}
        answer = await http.post(URL, data=fields(returnUrl=BACK, embed=embed), headers=headers)
        await module.facade.aclose()

    if not in_frame:
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (303, f"{HOST}/thanks")
        return
    page = Reader(answer)
    (link,) = page.all("a", target="_top")
    (told,) = page.all("template")
    reference = told["data-reference"]
    assert answer.status_code == 200
    assert link["href"] == f"{BACK}&reference={reference}&status=confirmed"
    assert (told["data-event"], told["data-service"]) == ("booked", BENTO)
    assert "jordanm" not in answer.text


async def test_the_script_for_the_website_is_loaded_in_a_frame_alone(facade: Facade) -> None:
    """Nobody else loads it, and no origin but one that is written as one counts."""
    for embed, loaded in ((HOST, 1), ("", 0), ("javascript:alert(1)", 0)):
        page = Reader(await facade.http.get(PAGE, params={"embed": embed}, headers=BROWSER))
        assert len([one for one in page.all("script") if "host.js" in (one["src"] or "")]) == loaded


async def test_a_framed_page_takes_five_requests(facade: Facade) -> None:
    """The page, its files, and the first step, which its script asks for."""
    page = Reader(await facade.http.get(PAGE, params={"embed": HOST}, headers=BROWSER))
    files = page.all("script") + page.all("link", rel="stylesheet")
    assert 1 + len(files) + 1 <= MAX_REQUESTS


def test_the_script_of_websites_is_small() -> None:
    """Every page of a website loads it that embeds the booking page."""
    assert len(compress(asset("embed.js").body)) <= MAX_EMBED


async def test_a_person_named_by_a_website_may_not_give_every_service(facade: Facade) -> None:
    """Who is chosen beforehand is kept where they give the service, and is nobody's mistake where not."""
    tasting = (await facade.services())["Menu tasting"]["id"]
    for query, kept in (
        ({"step": "services", "staff": AUDIT_ONLY}, True),
        ({"step": "services", "staff": "nobody"}, False),
        ({"step": "days", "service": tasting, "staff": AUDIT_ONLY}, False),
        ({"step": "days", "service": BENTO, "staff": AUDIT_ONLY}, True),
    ):
        answer = await facade.http.get(PAGE, params=query, headers=BROWSER)
        assert answer.status_code == 200
        assert (AUDIT_ONLY in answer.text) == kept


async def test_the_news_of_a_booking_are_for_a_frame_alone(facade: Facade) -> None:
    """The page of a booking carries them only in a frame, and they name nobody."""
    form = fields(start=start_at(11).isoformat(), embed=HOST)
    where = (await facade.http.post(URL, data=form, headers=BROWSER)).headers["Location"]
    framed = Reader(await facade.http.get(where, headers=BROWSER))
    alone = Reader(await facade.http.get(where.replace("embed=", "other="), headers=BROWSER))
    (told,) = framed.all("template")
    assert set(told) == {"data-event", "data-reference", "data-service"}
    assert f"reference={told['data-reference']}&" in where
    assert alone.all("template") == []
