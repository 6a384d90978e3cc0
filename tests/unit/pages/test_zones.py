"""Zones under the names of today, with their countries; and which zone somebody means who searches."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.domain.clocks import same_zone
from shared.pages.languages import LANGUAGES, Choice
from shared.pages.texts import Texts
from shared.pages.zones.choices import zone_choices
from shared.pages.zones.names import of_today, usual_zones

NOW = datetime(2026, 11, 26, tzinfo=UTC)
TODAY = date(2026, 11, 26)
ENGLISH = Texts(Choice("en"))
CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("name", "today", "label"),
    [
        ("Europe/Kiev", "Europe/Kyiv", "Kyiv, Ukraine (UTC+2)"),
        ("Asia/Calcutta", "Asia/Kolkata", "Kolkata, India (UTC+5:30)"),
        ("Asia/Rangoon", "Asia/Yangon", "Yangon, Myanmar (Burma) (UTC+6:30)"),
        ("Asia/Saigon", "Asia/Ho_Chi_Minh", "Ho Chi Minh, Vietnam (UTC+7)"),
        ("America/Godthab", "America/Nuuk", "Nuuk, Greenland (UTC\N{MINUS SIGN}2)"),
        ("US/Pacific", "America/Los_Angeles", "Los Angeles, United States (UTC\N{MINUS SIGN}8)"),
        ("Europe/Amsterdam", "Europe/Amsterdam", "Amsterdam, Netherlands (UTC+1)"),
        ("Asia/Singapore", "Asia/Singapore", "Singapore (UTC+8)"),
        ("UTC", "UTC", "UTC (UTC+0)"),
        ("Etc/GMT+3", "Etc/GMT+3", "GMT+3 (UTC\N{MINUS SIGN}3)"),
    ],
)
def test_a_zone_has_its_name_of_today_and_its_country(name: str, today: str, label: str) -> None:
    """Whatever an old browser or Windows calls it; it is the same zone."""
    assert of_today(ZoneInfo(name)).key == today
    assert same_zone(name, today)
    assert ENGLISH.zone(ZoneInfo(name), TODAY) == label


@pytest.mark.parametrize(
    ("tag", "kyiv", "london"),
    [
        ("de", "Kyiv, Ukraine", "London, Vereinigtes Königreich"),
        ("it", "Kyiv, Ucraina", "Londra, Regno Unito"),
        ("pt", "Kyiv, Ucrânia", "Londres, Reino Unido"),
        ("ar", "كييف، أوكرانيا", "لندن، المملكة المتحدة"),
    ],
)
def test_cities_and_countries_have_the_words_of_the_language(tag: str, kyiv: str, london: str) -> None:
    """A city that was renamed has its name of today in the languages that are written in Latin letters."""
    texts = Texts(Choice(tag))
    assert texts.zone(ZoneInfo("Europe/Kiev"), TODAY).startswith(f"{kyiv} (")
    assert texts.zone(ZoneInfo("Europe/London"), TODAY).startswith(f"{london} (")


def clock(name: str) -> tuple[object, ...]:
    """What clocks in a zone show, week by week, for two years."""
    weeks = (NOW + timedelta(weeks=n) for n in range(104))
    return tuple(week.astimezone(ZoneInfo(name)).utcoffset() for week in weeks)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_the_list_keeps_every_clock_and_no_name_of_yesterday(tag: str) -> None:
    """Those of each of CLDR's territories, the visitor's and the shop's; each entry reads otherwise."""
    listed = dict(zone_choices(Texts(Choice(tag)), ZoneInfo("Asia/Calcutta"), CHICAGO, TODAY))
    assert {"Asia/Kolkata", "America/Chicago", "Europe/Kyiv", "Asia/Yangon"} <= set(listed)
    assert all(of_today(ZoneInfo(name)).key == name for name in listed)
    assert len(set(listed.values())) == len(listed)
    clocks = {clock(name) for name in listed}
    assert [name for name in usual_zones() if clock(name) not in clocks] == []


def test_a_search_narrows_the_list_and_keeps_the_visitors_own() -> None:
    """What was found, and what is chosen now."""
    found = zone_choices(ENGLISH, ZoneInfo("Asia/Tokyo"), CHICAGO, TODAY, ["Europe/Kyiv", "Asia/Seoul"])
    assert [name for name, _ in found] == ["America/Chicago", "Europe/Kyiv", "Asia/Seoul", "Asia/Tokyo"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("Kyiv", ["Europe/Kyiv"]),
        ("  kIEV ", ["Europe/Kyiv"]),
        ("Kyiv, Ukraine (UTC+2)", ["Europe/Kyiv"]),
        ("Yangon, Myanmar (Burma) (UTC+6:30)", ["Asia/Yangon"]),
        ("asia/calcutta", ["Asia/Kolkata"]),
        ("Slovenia", ["Europe/Ljubljana"]),
        ("Germany", ["Europe/Berlin"]),
        ("sao pau", ["America/Sao_Paulo"]),
        ("Ö", []),
        ("a", []),
        ("nowhere at all", []),
        ("(", []),
        ("x" * 100_000, []),
        ("Kyiv" + " " * 100 + "and what is past the bound", ["Europe/Kyiv"]),
    ],
)
def test_a_search_finds_cities_countries_and_old_names(search: str, found: list[str]) -> None:
    """Without case, accents and punctuation; clocks that are the same are found once."""
    assert list(ENGLISH.formats.zones.matching(search, NOW)) == found


def test_a_country_of_many_clocks_offers_each_once_by_its_usual_cities() -> None:
    """Sydney and Hobart, which people know, and no further city with the same clock."""
    found = ENGLISH.formats.zones.matching("Australia", NOW)
    assert {"Australia/Sydney", "Australia/Hobart", "Australia/Perth"} <= set(found)
    assert len(found) > 5
    assert "Australia/Melbourne" not in found
    assert ENGLISH.formats.zones.matching("Spain", NOW) == ["Europe/Madrid", "Atlantic/Canary"]


def test_a_search_is_in_the_visitors_language_and_in_english() -> None:
    """Both find the same; a third language finds nothing."""
    arabic = Texts(Choice("ar")).formats.zones
    assert arabic.matching("سلوفينيا", NOW) == arabic.matching("Slovenia", NOW) == ["Europe/Ljubljana"]
    assert ENGLISH.formats.zones.matching("Slowenien", NOW) == ()
