"""Every language of the pages, on the pages themselves: what is offered, and which way it is written."""

import json
import re

import pytest

from shared.pages.languages import LANGUAGES
from shared.pages.texts import names, sentences
from tests.api.test_forms import BROWSER
from tests.api.test_pages import PAGE, Reader
from tests.support.facade import BUSINESS, Facade


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
