"""Every state of the pages as they stand without a script: judged by axe and pa11y's rules, wide and narrow.

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
from shared.pages.assets import asset, styled
from tests.browser.visitor import axe, overflowing, sniffed
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


UNUSED = r"""([sheet, pages]) => {
    const documents = pages.map((one) => new DOMParser().parseFromString(one, 'text/html'));
    const made = ['\\.pressed', '\\[hidden\\]', '\\[aria-(?:busy|disabled)="true"\\]', '::[a-z-]+',
        ':(?:hover|focus-visible|focus|not\\(:(?:focus|empty)\\))'].join('|');
    const alone = new RegExp(`(^|[\\s>])(?:${made})+(?=[\\s>,)]|$)`, 'g');
    const beside = new RegExp(made, 'g');
    const split = (text) => text.split(/,(?![^(]*\))/).map((one) => one.trim());
    const each = (rules) => [...rules].filter((one) => !(one instanceof CSSKeyframesRule))
        .flatMap((one) => (one.selectorText ? split(one.selectorText) : each(one.cssRules)));
    const style = new CSSStyleSheet();
    style.replaceSync(sheet);
    return each(style.cssRules).filter((one) => {
        const plain = one.replace(alone, '$1*').replace(beside, '');
        return !documents.some((page) => page.querySelector(plain));
    });
}"""
"""The selectors for which no page has an element, whatever scripts and visitors add to it."""


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


def _collected(emulator_root: str, lang: str) -> Mapping[str, str]:
    """The states; beside this thread, whose event loop Playwright holds."""
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, _states(emulator_root, lang)).result()


@pytest.mark.parametrize(("lang", "scheme", "which"), LOOKS or SAMPLE)
def test_every_state_is_accessible_and_fits(
    emulator_root: str, visit: Visit, lang: str, scheme: str, which: slice
) -> None:
    """Axe and pa11y's rules find nothing, and nothing is scrolled sideways at 320 pixels nor at 200 %."""
    states = _collected(emulator_root, lang)
    page = visit(color_scheme=scheme, reduced_motion="reduce").new_page()
    page.route("**/*", _answering(states))
    found: dict[str, object] = {}
    for name in list(states)[which]:
        page.goto(ROOT + name)
        for screen in (NARROW, MAGNIFIED, WIDE):
            page.set_viewport_size(screen)
            found[f"{name} at {screen['width']}"] = overflowing(page)
        found[name] = axe(page) + sniffed(page)
    assert len(states) > 35
    assert {name: one for name, one in found.items() if one} == {}


def test_no_selector_of_the_style_sheet_is_without_an_element(emulator_root: str, visit: Visit) -> None:
    """What no page uses is sent to everybody all the same; the last selector is the control."""
    pages = list(_collected(emulator_root, "ar").values())
    sheet = asset("book.css").body.decode() + ".never:hover,p{color:red}"
    assert visit().new_page().evaluate(UNUSED, [sheet, pages]) == [".never:hover"]


def test_what_is_not_accessible_is_found(visit: Visit) -> None:
    """The control of pa11y's rules: a picture without words."""
    page = visit().new_page()
    page.set_content('<html lang="en"><title>x</title><body><img src="data:,"></body></html>')
    assert [one for one in sniffed(page) if "1_1_1" in one[0]]
