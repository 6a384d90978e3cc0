"""Every state of the pages as they stand without a script: axe in both schemes, narrow and magnified.

PAGE_LANGUAGES names the languages to look at, every state in both schemes. Without it one half of the
states is seen in English and in light, the other one in Arabic and in dark.
"""

import asyncio
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import BrowserContext, Route, ViewportSize

from devtools.graph_emulator.client import ControlClient
from shared.pages.assets import styled
from tests.browser.visitor import axe, overflowing
from tests.support.page_states import COLOR, page_states

Visit = Callable[..., BrowserContext]
EVERYTHING = os.environ.get("PAGE_LANGUAGES", "").split()
ALL, EVEN, ODD = slice(None), slice(0, None, 2), slice(1, None, 2)
LOOKS = [(lang, scheme, ALL) for lang in EVERYTHING for scheme in ("light", "dark")]
SAMPLE = [("en", "light", EVEN), ("ar", "dark", ODD)]
"""Language, scheme, and which of the states."""

NARROW, MAGNIFIED, WIDE = (
    ViewportSize(width=width, height=height) for width, height in ((320, 640), (640, 400), (1280, 800))
)
"""A small telephone; a screen of 1280 pixels at 200 %; the same as it is."""

ROOT = "http://states.invalid/"
HOSTS_GROUND = b":root[data-embed]{background:Canvas}"
"""A frame shows the ground of the website around it, which has the same scheme."""


async def _states(emulator_root: str, lang: str) -> Mapping[str, str]:
    async with ControlClient(emulator_root) as control:
        await control.reset()
        found = await page_states(control, lang)
        await control.reset()
    return found


def _answering(states: Mapping[str, str]) -> Callable[[Route], None]:
    """The pages at their names, in the shop's colour, without the scripts that would change them."""
    sheet = styled(COLOR.removeprefix("#")).body + HOSTS_GROUND

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ROOT)
        if path in states:
            route.fulfill(body=states[path], content_type="text/html; charset=utf-8")
        elif "/book.css" in path:
            route.fulfill(body=sheet, content_type="text/css")
        else:
            route.abort()

    return answer


@pytest.mark.parametrize(("lang", "scheme", "which"), LOOKS or SAMPLE)
def test_every_state_is_accessible_and_fits(
    emulator_root: str, visit: Visit, lang: str, scheme: str, which: slice
) -> None:
    """Axe finds nothing, and nothing is scrolled sideways at 320 pixels nor at 200 %."""
    with ThreadPoolExecutor(1) as beside:  # Playwright holds this thread's event loop
        states = beside.submit(asyncio.run, _states(emulator_root, lang)).result()
    page = visit(color_scheme=scheme, reduced_motion="reduce").new_page()
    page.route("**/*", _answering(states))
    found: dict[str, object] = {}
    for name in list(states)[which]:
        page.goto(ROOT + name)
        for screen in (NARROW, MAGNIFIED, WIDE):
            page.set_viewport_size(screen)
            found[f"{name} at {screen['width']}"] = overflowing(page)
        found[name] = axe(page)
    assert len(states) > 35
    assert {name: one for name, one in found.items() if one} == {}
