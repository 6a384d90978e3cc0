"""Every language of the pages, on the pages themselves: what is offered, and which way it is written."""

import json
import re

import pytest

from shared.pages.languages import LANGUAGES
from shared.pages.texts import names, sentences
from tests.api.test_forms import BROWSER
from tests.api.test_pages import PAGE, Reader
from tests.api.test_stale_links import utc
from tests.support.facade import BENTO, BUSINESS, QUESTION, Facade, start_at


@pytest.mark.parametrize("tag", LANGUAGES)
async def test_a_page_says_its_language_and_which_way_it_is_written(facade: Facade, tag: str) -> None:
    """Browsers lay out by `dir` and read aloud by `lang`; all languages are listed by their own names."""
    page = Reader(await facade.http.get(PAGE, params={"lang": tag, "step": "services"}, headers=BROWSER))
    (root,) = page.all("html")
    assert (root["lang"], root["dir"]) == (tag, "rtl" if tag == "ar" else "ltr")
    assert {one["hreflang"] for one in page.all("a") if "hreflang" in one} == set(LANGUAGES) - {tag}
    assert all(name in page.text for name in names().values())


async def test_every_language_is_told_and_embedded(facade: Facade) -> None:
    """The list of a business's languages and the words of the embed script come from the files of words."""
    business = await facade.http.get(f"/api/v1/businesses/{BUSINESS}")
    script = (await facade.http.get("/api/web/embed.js")).text
    (words,) = re.findall(r"const WORDS = (\{.*\});", script)
    assert business.json()["languages"] == list(LANGUAGES)
    assert json.loads(words) == {
        tag: [sentences(tag)["page.title"], sentences(tag)["page.close"]] for tag in LANGUAGES
    }


def switch(page: Reader, tag: str) -> str:
    """Where the form goes in another language."""
    (button,) = page.all("button", lang=tag)
    assert page.all("form", id=str(button["form"]))
    return str(button["formaction"])


async def test_another_language_keeps_what_was_typed(facade: Facade) -> None:
    """A button of the form, with and without JavaScript; nothing that was typed gets into an address."""
    details = await facade.http.get(
        PAGE, params={"service": BENTO, "start": utc(start_at())}, headers=BROWSER
    )
    where = switch(Reader(details), "it")
    typed = {
        **Reader(details).values(),
        "customer.name": "Ann <Beebe>",
        "customer.email": "ann@contoso.com",
        "customer.notes": "Two lines\nof notes",
        f"answers.{QUESTION}": "25",
    }

    answer = await facade.http.post(where, data=typed, headers=BROWSER)

    page = Reader(answer)
    assert (answer.status_code, page.all("html")[0]["lang"]) == (200, "it")
    assert where == f"{PAGE}?lang=it"
    assert typed.items() - page.values().items() == {
        ("lang", "en"),
        ("customer.notes", typed["customer.notes"]),
    }
    assert page.values()["lang"] == "it"
    assert "Two lines\nof notes</textarea>" in answer.text
    assert "Ann &lt;Beebe&gt;" in answer.text
    assert not page.all("div", id="errors")
    assert await facade.appointments() == []


async def test_another_language_on_a_form_without_a_time_offers_times_again(facade: Facade) -> None:
    """The radio buttons of a time that was taken are there in the other language too."""
    typed = {"serviceId": BENTO, "customer.name": "Ann", "returnUrl": "https://evil.example/"}
    answer = await facade.http.post(f"{PAGE}?lang=de", data=typed, headers=BROWSER)
    page = Reader(answer)
    assert answer.status_code == 200
    assert page.all("input", type="radio", name="start")
    assert page.values()["customer.name"] == "Ann"
    assert "returnUrl" not in page.values()


@pytest.mark.parametrize("body", [b"\xff", b"serviceId=nothing", b"a=1&a=2"])
async def test_what_is_no_form_of_ours_gets_a_page(facade: Facade, body: bytes) -> None:
    """A form that cannot be read, or is for nothing that is on offer, in the language that was asked for."""
    headers = {**BROWSER, "Content-Type": "application/x-www-form-urlencoded"}
    answer = await facade.http.post(f"{PAGE}?lang=nl", content=body, headers=headers)
    assert answer.status_code in {404, 422}
    assert Reader(answer).all("html")[0]["lang"] == "nl"


async def test_fields_for_numbers_and_addresses_run_from_left_to_right(facade: Facade) -> None:
    """Telephone number and e-mail address in Arabic too; other texts run as their first letter has it."""
    page = Reader(
        await facade.http.get(
            PAGE, params={"service": BENTO, "start": utc(start_at()), "lang": "ar"}, headers=BROWSER
        )
    )
    runs = {one["name"]: one.get("dir") for one in page.all("input") if one.get("type") != "hidden"}
    assert (runs["customer.phone"], runs["customer.email"]) == ("ltr", "ltr")
    assert (runs["customer.name"], runs[f"answers.{QUESTION}"]) == ("auto", "auto")
    assert page.all("textarea", dir="auto")
