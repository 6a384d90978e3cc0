"""The worker is killed between Graph's commit and the answer: one appointment, and visitors know."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Frame, Page, expect

from tests.browser.visitor import Website, confirmed, fill, free_time, somebody, utc
from tests.support.azurite_server import Azurite
from tests.support.lost_worker import Facade, losing_facade

Visit = Callable[..., BrowserContext]
BENTO = "57da6774-a087-4d69-b0e6-6fb82c339976"
PATIENCE = 90_000
ERROR_PAGE = "chrome-error://**"
"""The browser's own, where an answer has no body or none comes."""


@pytest.fixture(scope="module")
def losing(emulator_root: str, azurite: Azurite, website: Website) -> Iterator[Facade]:
    """A facade that the website may embed, and whose worker can be lost."""
    origins = {"FRAME_ANCESTORS": website.origin, "ALLOWED_RETURN_ORIGINS": website.origin}
    with losing_facade(emulator_root, azurite, **origins) as facade:
        yield facade


@pytest.fixture(scope="module")
def guarded_losing(emulator_root: str, azurite: Azurite) -> Iterator[Facade]:
    """The same with the check of a deployment that nobody changed: each solution serves once."""
    check = {"HUMAN_CHECK": "altcha", "ALTCHA_HMAC_KEY": "k" * 32}
    with losing_facade(emulator_root, azurite, **check) as facade:
        yield facade


def details(facade: Facade, hour: int, **more: str) -> str:
    """The address of the form for a time that no other test takes."""
    query = {"service": BENTO, "start": utc(free_time(5, 1, hour)), **more}
    return f"{facade.root}/api/book/contoso-lunch?" + "&".join(f"{k}={v}" for k, v in query.items())


def press_while_the_worker_dies(facade: Facade, page: Page | Frame, email: str) -> None:
    """Fill the form, press the button, and lose the worker behind it."""
    fill(page, email)
    with facade.loses_its_worker(email):
        page.get_by_role("button", name="Book now").click(no_wait_after=True)
        unsure = "we do not know whether this is booked"
        expect(page.get_by_role("status")).to_contain_text(unsure, timeout=PATIENCE)


def test_the_page_says_so_and_asks_again(losing: Facade, visit: Visit) -> None:
    """The script treats the empty answer as unknown, sends the same form again, shows the end."""
    page, email = visit().new_page(), somebody()
    page.goto(details(losing, 9))
    press_while_the_worker_dies(losing, page, email)
    expect(page.get_by_role("heading", name="Your appointment is booked")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("status")).to_have_text("")
    assert len(losing.bookings(email)) == 1


def test_the_solution_of_the_challenge_serves_for_the_repeat(guarded_losing: Facade, visit: Visit) -> None:
    """What proved a person before the worker died proves them for the same request again."""
    page, email = visit().new_page(), somebody()
    page.goto(details(guarded_losing, 14))
    press_while_the_worker_dies(guarded_losing, page, email)
    expect(page.get_by_role("heading", name="Your appointment is booked")).to_be_visible(timeout=PATIENCE)
    assert len(guarded_losing.bookings(email)) == 1


def test_the_embedded_page_does_the_same(losing: Facade, visit: Visit, website: Website) -> None:
    """In a frame of another website too."""
    page, email = visit().new_page(), somebody()
    start = utc(free_time(5, 1, 10))
    line = f'<script src="{losing.root}/api/web/embed.js" data-business="contoso-lunch"></script>'
    page.goto(website.put("/lost", line))
    frame = page.locator("iframe").element_handle().content_frame()
    assert frame is not None
    expect(frame.get_by_role("heading", name="Choose a service")).to_be_visible()
    frame.goto(details(losing, 10, embed=website.origin))
    assert start in frame.content()
    press_while_the_worker_dies(losing, frame, email)
    expect(frame.get_by_role("heading", name="Your appointment is booked")).to_be_visible(timeout=PATIENCE)
    assert len(losing.bookings(email)) == 1


def test_the_way_back_to_a_website_is_found(losing: Facade, visit: Visit, website: Website) -> None:
    """A form with a return address arrives there with the outcome, as if nothing had been lost."""
    page, email = visit().new_page(), somebody()
    back = website.put("/thanks", "<p>Thanks.</p>")
    page.goto(details(losing, 11, returnUrl=back))
    press_while_the_worker_dies(losing, page, email)
    page.wait_for_url(f"{back}?**", timeout=PATIENCE)
    assert "status=confirmed" in page.url
    assert len(losing.bookings(email)) == 1


def test_without_a_script_the_form_said_how_to_go_on(losing: Facade, visit: Visit) -> None:
    """The browser shows an error of its own, so what to do stands at the form: back, and once more."""
    page, email = visit(java_script_enabled=False).new_page(), somebody()
    page.goto(details(losing, 12))
    expect(page.get_by_text("If no confirmation appears, go back and press the button again")).to_be_visible()
    fill(page, email)
    with losing.loses_its_worker(email):
        page.get_by_role("button", name="Book now").click()
    page.wait_for_url(ERROR_PAGE, wait_until="commit", timeout=PATIENCE)
    assert page.get_by_role("heading", name="Your appointment is booked").count() == 0
    page.go_back()
    assert page.get_by_label("E-mail address").input_value() == email
    for _ in range(30):
        page.get_by_role("button", name="Book now").click()
        if page.get_by_role("heading", name="Your appointment is booked").count():
            break
    confirmed(page)
    assert len(losing.bookings(email)) == 1


def test_a_form_of_a_website_with_its_own_key(losing: Facade, visit: Visit, website: Website) -> None:
    """A plain form elsewhere: sent again as it is, by the browser's own reload, it gets the first outcome."""
    page, email = visit(java_script_enabled=False).new_page(), somebody()
    fields = {
        "serviceId": BENTO,
        "start": utc(free_time(5, 1, 13)),
        "customer.name": "Ann Beebe",
        "customer.email": email,
        "answers.3bc6fde0-4ad3-445d-ab17-0fc15dba0774": "30",
        "idempotencyKey": f"form-{email}",
        "returnUrl": website.put("/thanks", "<p>Thanks.</p>"),
    }
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    action = f"{losing.root}/api/v1/businesses/contoso-lunch/bookings"
    own = website.put("/form", f'<form method="post" action="{action}">{inputs}<button>Send</button></form>')
    page.goto(own)
    with losing.loses_its_worker(email):
        page.get_by_role("button", name="Send").click()
    page.wait_for_url(ERROR_PAGE, wait_until="commit", timeout=PATIENCE)
    for _ in range(30):
        page.goto(own)
        page.get_by_role("button", name="Send").click()
        page.wait_for_url(lambda url: url != own, wait_until="commit", timeout=PATIENCE)
        if "status=confirmed" in page.url:
            break
    assert "status=confirmed" in page.url
    assert len(losing.bookings(email)) == 1
