"""What a website notices that embeds the page: nothing moves, events arrive, and its own look is followed."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Frame, Page, Request, expect

from tests.browser.conftest import PATIENCE
from tests.browser.visitor import (
    Calendar,
    Site,
    Website,
    check_with_axe,
    choose,
    confirmed,
    fill,
    free_time,
    somebody,
    utc,
)
from tests.support.react import react

BENTO = "57da6774-a087-4d69-b0e6-6fb82c339976"
BOTH = [(True, True), (True, False)]
DANA = "8ee1c803-a1fa-406d-8259-7ab53233f148"
TALL = '<p><label>Search <input id="typing" autofocus></label></p><div id="tall"></div>'
LISTEN = """
window.heard = [];
const nth = (element) => [...document.querySelectorAll('booking-page')].indexOf(element);
for (const name of ['ready', 'height', 'booked', 'rescheduled', 'cancelled']) {
  addEventListener(`bookings:${name}`, ({ target, detail }) => {
    if (target !== window) heard.push({ name, nth: nth(target), ...detail });
  });
}
window.said = [];
addEventListener('message', ({ origin, data }) => said.push({ origin, ...data }));
addEventListener('DOMContentLoaded', () => {
  const tall = document.getElementById('tall');
  if (tall) tall.style.height = '2500px';
});
"""
Visit = Callable[..., BrowserContext]


def line(site: Site, **data: str) -> str:
    """The one line that a website pastes."""
    attributes = "".join(f' data-{name.replace("_", "-")}="{value}"' for name, value in data.items())
    return f'<script src="{site.root}/api/web/embed.js" data-business="contoso-lunch"{attributes}></script>'


def hosted(visit: Visit, **settings: object) -> Page:
    """A page that notes what it hears, and whose errors are noted."""
    page = visit(**settings).new_page()
    page.add_init_script(LISTEN)
    return page


def frames(page: Page, count: int = 1) -> list[Frame]:
    """The booking pages in their frames, once they have asked for a service."""
    expect(page.locator("iframe")).to_have_count(count)
    found = [one.content_frame() for one in page.locator("iframe").element_handles()]
    assert all(found)
    for frame in found:
        assert frame is not None
        expect(frame.get_by_role("heading", name="Choose a service")).to_be_visible()
    return [frame for frame in found if frame is not None]


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Look again and again; Playwright's own way evaluates text in the page: a strict policy forbids it."""
    for _ in range(PATIENCE // 50):
        if holds():
            return
        page.wait_for_timeout(50)
    assert holds()


def heard(page: Page, *names: str) -> list[dict[str, str]]:
    """The DOM events of these names so far."""
    return [one for one in page.evaluate("heard") if one["name"] in names]


def wait_for(page: Page, name: str) -> dict[str, str]:
    """The latest DOM event of this name."""
    until(page, lambda: bool(heard(page, name)))
    return heard(page, name)[-1]


def move_and_cancel(frame: Frame, later: datetime) -> None:
    """From the confirmation on."""
    frame.get_by_role("link", name="Move or cancel this appointment").click()
    frame.get_by_role("button", name="Choose another time").click()
    frame.locator(f'button[name=start][value="{utc(later)}"]').click()
    frame.get_by_role("button", name="Move it").click()
    frame.get_by_role("button", name="Cancel this appointment").click()
    frame.get_by_role("button", name="Cancel it for good").click()


def test_nothing_moves_and_events_arrive(site: Site, website: Website, visit: Visit) -> None:
    """Twice on a page with a strict policy, below 2,500 px: what is typed above goes on being typed there."""
    page, email, name, moment = hosted(visit), somebody(), "Zoe Quiet", free_time(8, 1, 9)
    asked: list[Request] = []
    problems: list[str] = []
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 (Playwright marks what it calls)
    page.on("console", lambda one: problems.append(one.text) if one.type in {"error", "warning"} else None)
    website.headers["/quiet"] = {
        "Content-Security-Policy": f"default-src 'none'; script-src {site.root}; frame-src {site.root}; "
        "style-src 'none'; require-trusted-types-for 'script'"
    }
    own = line(site, name=name, email=email, color="#7A1FA2", **{"pass": "shop,email"})
    address = website.put(
        "/quiet", TALL + own + f"<section>{line(site)}</section>" + line(site, mode="popup")
    )
    page.goto(f"{address}?utm_source=mail&utm_term=ann%40contoso.com&shop=2&secret=1&email=zoe")

    one, two = frames(page, 2)
    assert page.evaluate("[document.activeElement.id, scrollY]") == ["typing", 0]
    opener = page.get_by_role("button", name="Book an appointment")
    assert (
        opener.evaluate("(one) => getComputedStyle(one).minHeight") == "44px"
    )  # styled, whatever the policy
    page.keyboard.type("still here")
    assert page.evaluate("document.getElementById('typing').value") == "still here"
    assert [event["name"] for event in heard(page, "ready")] == ["ready", "ready"]
    ours = [urlsplit(each.url).query for each in asked if each.url.startswith(site.page())]
    assert [("utm_source=mail" in query, "shop=2" in query) for query in ours[:2]] in (BOTH, BOTH[::-1])
    assert [query for query in ours if "secret" in query or "email" in query] == []

    choose(one, "Menu tasting", moment)
    assert one.get_by_label("Name").input_value() == name
    assert one.get_by_label("E-mail address").input_value() == email
    main = one.locator("button.main")
    assert main.evaluate("(one) => getComputedStyle(one).backgroundColor") == "rgb(122, 31, 162)"
    main.click()
    confirmed(one)
    booked = wait_for(page, "booked")
    assert one.get_by_text(booked["reference"], exact=True).count() == 1
    assert set(booked) == {"name", "nth", "business", "service", "reference"}
    assert booked["business"] == "contoso-lunch"
    assert int(booked["nth"]) == 0
    one.evaluate("location.reload()")  # the confirmation once more, as after a change of the language
    until(page, lambda: page.evaluate("said.filter((one) => one.bookingPage === 'booked').length") == 2)
    confirmed(one)

    move_and_cancel(one, free_time(8, 1, 14))
    cancelled = wait_for(page, "cancelled")
    assert (cancelled["reference"], cancelled["service"]) == (booked["reference"], booked["service"])
    assert wait_for(page, "rescheduled")["reference"] == booked["reference"]
    assert [event["name"] for event in heard(page, "booked", "rescheduled", "cancelled")] == [
        "booked",
        "rescheduled",
        "cancelled",
    ]

    said = page.evaluate("said")
    assert {message["origin"] for message in said} == {site.root}
    assert {"ready", "height", "booked", "rescheduled", "cancelled"} <= {each["bookingPage"] for each in said}
    told = json.dumps([said, page.evaluate("heard")])
    assert (email in told, name in told) == (False, False)
    assert [each.url for each in asked if email.partition("@")[0] in each.url or "Zoe" in each.url] == []
    assert [each.url for each in asked if "ann%40" in each.url and each.url.startswith(site.root)] == []
    assert problems == []
    assert two.get_by_role("heading", name="Choose a service").is_visible()


def test_the_return_address_leaves_the_frame(
    site: Site, website: Website, visit: Visit, calendar: Calendar
) -> None:
    """The website's own page is what shows it, not the frame; the event comes before."""
    page, email, moment = hosted(visit), somebody(), free_time(8, 2, 9)
    back = website.put("/thanks", "<p>Thanks.</p>")
    page.goto(website.put("/returns", TALL + line(site, return_url=back)))
    page.evaluate(
        "addEventListener('bookings:booked', ({ detail }) => { sessionStorage.booked = detail.reference; })"
    )
    (frame,) = frames(page)
    choose(frame, "Catered bento", moment)
    fill(frame, email)
    frame.get_by_role("button", name="Book now").click()

    page.wait_for_url(f"{back}?**")
    assert "status=confirmed" in page.url
    assert page.locator("iframe").count() == 0
    assert calendar.start(email) == moment
    assert f"reference={page.evaluate('sessionStorage.booked')}&" in page.url


def colours(frame: Frame) -> tuple[bool, str]:
    """Whether the page is dark, and the ground of its main button's kind."""
    dark, accent = frame.evaluate(
        "[getComputedStyle(document.documentElement).colorScheme,"
        " getComputedStyle(document.documentElement).getPropertyValue('--link')]"
    )
    return dark == "dark", accent.strip()


def test_another_language_of_the_website_is_followed_and_what_was_typed_stays(
    site: Site, website: Website, visit: Visit
) -> None:
    """As a visitor's own choice would be; one that the page does not speak changes nothing."""
    page = hosted(visit)
    page.goto(website.put("/many-languages", line(site)))
    (frame,) = frames(page)
    choose(frame, "Catered bento", free_time(5, 2, 9))
    frame.get_by_label("Name").fill("Ann Beebe")
    for lang, label in (("it-CH", "Nome e cognome"), ("xx", "Nome e cognome"), ("nl", "Naam")):
        page.evaluate("lang => { document.documentElement.lang = lang; }", lang)
        expect(frame.get_by_label(label)).to_have_value("Ann Beebe")
    assert page.locator("iframe").get_attribute("title") == "Afspraak maken"


def test_language_theme_and_choices_follow_the_website(site: Site, website: Website, visit: Visit) -> None:
    """Not the visitor's system nor browser: the website's `lang`, its colour scheme, also when it changes."""
    page = hosted(visit, color_scheme="light", locale="en-US")
    dark = "<style>:root { color-scheme: dark; background: #111 }</style>"
    page.goto(website.put("/german", line(site, staff=DANA, service=BENTO), dark, lang="de-AT"))
    frame = page.locator("iframe").element_handle().content_frame()
    assert frame is not None
    expect(frame.get_by_role("heading", name="Tag wählen")).to_be_visible()
    assert page.locator("iframe").get_attribute("title") == "Termin buchen"
    assert frame.get_by_label("Bei wem?").input_value() == DANA
    assert colours(frame)[0]
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    frame.wait_for_function("() => getComputedStyle(document.documentElement).colorScheme === 'light'")

    for path, head, theme, is_dark in [
        ("/system-dark", "", {}, False),
        ("/meta", '<meta name="color-scheme" content="light dark">', {}, True),
        ("/ground", "<style>html { background: #12161b }</style>", {}, True),
        ("/attribute", dark, {"theme": "light"}, False),
    ]:
        page.emulate_media(color_scheme="dark")
        page.goto(website.put(path, line(site, **theme), head))
        (frame,) = frames(page)
        assert (path, colours(frame)[0]) == (path, is_dark)


def test_a_popup_keeps_what_was_typed(site: Site, website: Website, visit: Visit, shots: Path) -> None:
    """A floating button and the script's own interface open a dialog; closed is not lost, destroyed is."""
    page = hosted(visit)
    page.goto(
        website.put("/popups", TALL + line(site, mode="floating", label="Book a table", color="#0a7d4f"))
    )
    opener, dialog = page.get_by_role("button", name="Book a table"), page.get_by_role("dialog")
    box = opener.bounding_box()
    assert box is not None
    assert (box["x"] + box["width"] > 700, box["y"] + box["height"] > 700) == (True, True)
    check_with_axe(page)
    page.screenshot(path=shots / "floating.png")
    page.evaluate("scrollTo(0, 400)")
    opener.click()
    (frame,) = frames(page)
    choose(frame, "Catered bento", free_time(8, 3, 9))
    frame.get_by_label("Name").fill("Ann Beebe")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()
    assert page.evaluate("scrollY") == 400
    opener.click()
    assert frame.get_by_label("Name").input_value() == "Ann Beebe"
    page.screenshot(path=shots / "floating-open.png")
    page.mouse.click(450, 60)  # beside the cross, but in the dialog
    expect(dialog).to_be_visible()
    page.mouse.click(5, 5)  # the backdrop
    expect(dialog).to_have_count(0)

    page.evaluate("window.made = Bookings.open({ business: 'contoso-lunch', email: 'ann@contoso.com' })")
    expect(dialog).to_be_visible()
    page.evaluate("made.close()")
    expect(dialog).to_have_count(0)
    page.evaluate("made.open(); Bookings.close()")
    expect(dialog).to_have_count(0)
    page.evaluate("made.destroy(); Bookings.destroy()")
    expect(page.locator("dialog, booking-page, iframe")).to_have_count(0)


REACT = """
const e = React.createElement;
const Embed = () => e('section', null,
  e('script', { async: true, src: '%s/api/web/embed.js', 'data-business': 'contoso-lunch',
    'data-target': '#here' }),
  e('div', { id: 'here' }));
const Element = () => e('booking-page', { 'data-business': 'contoso-lunch', id: 'element' });
const Effect = () => {
  const at = React.useRef();
  React.useEffect(() => {
    const made = Bookings.mount(at.current, { business: 'contoso-lunch' });
    return () => made.destroy();
  }, []);
  return e('div', { ref: at });
};
const App = () => {
  const [shown, show] = React.useState('script');
  window.show = show;
  return e('main', null, e('h1', null, shown),
    shown === 'script' && e(Embed), shown === 'element' && e(Element), shown === 'effect' && e(Effect));
};
ReactDOM.createRoot(document.getElementById('root')).render(e(React.StrictMode, null, e(App)));
"""


def test_react_in_strict_mode(site: Site, website: Website, visit: Visit) -> None:
    """A script in JSX, the element and the function each give one frame, come again, and leave none."""
    bundle = react(Path(__file__).with_name("node_modules"))
    if bundle is None:
        pytest.skip("React is not installed: run npm ci in tests/browser")
    website.pages["/react.js"] = bundle
    page = hosted(visit)
    problems: list[str] = []
    page.on("console", lambda one: problems.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    body = f'<div id="root"></div><script src="/react.js"></script><script>{REACT % site.root}</script>'
    page.goto(website.put("/react", body))
    frames(page)
    for way in ("element", "script", "effect", "script"):
        page.evaluate("(way) => { heard.length = 0; show(way); }", way)
        expect(page.get_by_role("heading", name=way)).to_be_visible()
        frames(page)
        assert len(heard(page, "ready")) == 1
    page.evaluate("show('nothing')")
    expect(page.locator("iframe, booking-page")).to_have_count(0)
    assert problems == []


def test_a_policy_of_the_website_that_refuses_the_frame_is_named(
    site: Site, website: Website, visit: Visit
) -> None:
    """The console says which directive lacks what; without one, that nobody answers."""
    website.headers["/policy"] = {"Content-Security-Policy": "frame-src 'none'"}
    page = visit().new_page()
    with page.expect_console_message(lambda one: one.text.startswith("embed.js")) as told:
        page.goto(website.put("/policy", line(site)))
    assert f"frame-src {site.root}" in told.value.text


def test_a_page_that_speaks_late_is_shown_after_all(site: Site, website: Website, visit: Visit) -> None:
    """A slow page was taken for one that may not be framed: its link gives way to it."""
    page = visit().new_page()
    page.goto(website.put("/late", line(site)))
    (frame,) = frames(page)
    page.evaluate("document.querySelector('booking-page').explain()")
    expect(page.locator("iframe")).to_be_hidden()
    expect(page.locator("booking-page a")).to_be_visible()
    frame.evaluate("parent.postMessage({ bookingPage: 'ready' }, '*')")
    expect(page.locator("iframe")).to_be_visible()
    expect(page.locator("booking-page a")).to_have_count(0)


def test_a_frame_made_by_hand_is_as_quiet(
    site: Site, website: Website, visit: Visit, calendar: Calendar
) -> None:
    """Without the script nobody is told anything, but nothing moves, and the way back leaves the frame."""
    page, email, moment = hosted(visit), somebody(), free_time(8, 0, 9)
    back = website.put("/thanks", "<p>Thanks.</p>")
    query = urlencode({"service": BENTO, "start": utc(moment), "step": "load", "returnUrl": back})
    frame_line = f'<iframe title="Booking" src="{site.page(query=query)}" height="900"></iframe>'
    page.goto(website.put("/by-hand", TALL + frame_line))
    frame = page.locator("iframe").element_handle().content_frame()
    assert frame is not None
    expect(frame.get_by_role("heading", name="Choose a day")).to_be_visible()
    assert page.evaluate("[document.activeElement.id, scrollY]") == ["typing", 0]
    frame.goto(site.page(query=query.replace("load", "details")))
    fill(frame, email)
    frame.get_by_role("button", name="Book now").click()
    page.wait_for_url(f"{back}?**")
    assert calendar.start(email) == moment


POST_TO_THE_PAGE = """
<script>
  parent.frames[0].postMessage({ bookingHost: 'hello', name: 'Sibling', theme: 'dark' }, '*');
  parent.postMessage({ bookingPage: 'booked', reference: 'BK-SIBLING', service: 'none' }, '*');
</script>
"""


def put_frame(page: Page, address: str) -> None:
    """One more frame at the end of the page."""
    page.evaluate(
        "(src) => document.body.append(Object.assign(document.createElement('iframe'), { src }))", address
    )


def wait_until_said(page: Page, reference: str) -> None:
    """Until the website's window has heard of this reference, whoever says so."""
    page.wait_for_function("(one) => said.some(({ reference }) => reference === one)", arg=reference)


def test_words_of_strangers_mean_nothing_to_the_website(site: Site, website: Website, visit: Visit) -> None:
    """Neither the window's own, nor another frame's, nor those of another website in the page's frame."""
    page = hosted(visit)
    page.goto(website.put("/strangers", line(site)))
    (frame,) = frames(page)
    news = {"bookingPage": "booked", "reference": "BK-FORGED", "service": "none"}
    page.evaluate("(news) => window.postMessage(news, '*')", news)
    wait_until_said(page, "BK-FORGED")
    put_frame(page, website.put("/sibling", POST_TO_THE_PAGE))
    wait_until_said(page, "BK-SIBLING")
    frame.goto(website.put("/inside", POST_TO_THE_PAGE.replace("SIBLING", "INSIDE")))
    wait_until_said(page, "BK-INSIDE")
    put_frame(page, site.page())
    other = page.locator("iframe").last.element_handle().content_frame()
    assert other is not None
    other.wait_for_url("**/api/book/**")
    other.evaluate("(news) => parent.postMessage(news, '*')", {**news, "reference": "BK-OTHER"})
    wait_until_said(page, "BK-OTHER")
    assert heard(page, "booked") == []


def test_words_of_strangers_mean_nothing_to_the_page(site: Site, website: Website, visit: Visit) -> None:
    """Only the website around the page fills in names, where it is the one that the page was made for."""
    page = hosted(visit)
    hello = {"bookingHost": "hello", "name": "Mallory", "theme": "dark"}
    post = "(hello) => document.querySelector('iframe').contentWindow.postMessage(hello, '*')"
    page.goto(website.put("/strangers", line(site)))
    (frame,) = frames(page)
    frame.evaluate("(hello) => window.postMessage(hello, '*')", hello)
    put_frame(page, website.put("/sibling", POST_TO_THE_PAGE))
    wait_until_said(page, "BK-SIBLING")
    choose(frame, "Catered bento", free_time(8, 4, 9))
    assert frame.get_by_label("Name").input_value() == ""
    assert frame.evaluate("document.documentElement.dataset.theme") == "light"

    details = frame.url
    frame.goto(details.replace(quote(website.origin, ""), quote("http://localhost:9", "")))
    frame.evaluate("window.got = 0; addEventListener('message', () => { window.got += 1; })")
    page.evaluate(post, hello)
    frame.wait_for_function("() => window.got === 1")
    assert frame.get_by_label("Name").input_value() == ""

    frame.goto(details)
    page.evaluate(post, hello)
    frame.wait_for_function("() => document.querySelector('[name=\"customer.name\"]').value === 'Mallory'")


def test_a_link_to_elsewhere_opens_a_window_of_its_own(site: Site, website: Website, visit: Visit) -> None:
    """Most websites show themselves in no frame."""
    page = hosted(visit)
    page.goto(website.put("/linked", line(site)))
    (frame,) = frames(page)
    elsewhere = website.put("/elsewhere", "<p>Elsewhere.</p>")
    frame.evaluate("document.getElementById('main').append(document.createElement('a'))")
    link = frame.locator("#main > a").last
    link.evaluate("(one, href) => Object.assign(one, { href, textContent: 'Elsewhere' })", elsewhere)
    with page.context.expect_page() as opened:
        link.click()
    assert opened.value.url == elsewhere
