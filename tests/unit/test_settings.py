"""Settings: read once, all mistakes at once, and no value in any message."""

from datetime import timedelta

import pytest

from shared.domain.limits import LIMITS
from shared.domain.shop.businesses import Mailbox
from shared.settings import LIFE_EXPECTED, Settings, SettingsError

GOOD = {"BOOKING_BUSINESSES": '{"contoso-lunch": "lunch@contoso.com"}'}
SECRET = "s" * 32


def test_the_defaults_need_one_setting_only() -> None:
    """With businesses alone the facade runs in the global cloud with everything in memory."""
    settings = Settings.from_environ(GOOD)

    assert settings.businesses == {"contoso-lunch": Mailbox("lunch@contoso.com")}
    assert settings.graph_root == "https://graph.microsoft.com"
    assert (settings.store, settings.graph_credential, settings.human_check) == (
        "memory", "managed_identity", "off",
    )  # fmt: skip
    assert settings.timings.graph_call == timedelta(seconds=10)


def test_a_business_may_bring_its_zone() -> None:
    """National clouds name no zone, so the settings can."""
    settings = Settings.from_environ(
        {"BOOKING_BUSINESSES": '{"a": {"mailbox": "a@contoso.com", "timeZone": "Europe/Paris"}}'}
    )

    assert settings.businesses["a"] == Mailbox("a@contoso.com", "Europe/Paris")


def test_a_business_may_be_sold_though_its_page_is_closed() -> None:
    """Whoever uses the facade instead of Microsoft's page may have that page unpublished on purpose."""
    settings = Settings.from_environ(
        {"BOOKING_BUSINESSES": '{"a": {"mailbox": "a@contoso.com", "public": true}, "b": "b@contoso.com"}'}
    )

    assert (settings.businesses["a"].is_public, settings.businesses["b"].is_public) == (True, False)


def test_a_catalogue_serves_for_a_time_that_is_set() -> None:
    """A quarter of an hour, unless the settings say otherwise."""
    assert Settings.from_environ(GOOD).catalogue_kept == timedelta(minutes=15)
    assert Settings.from_environ({**GOOD, "CATALOGUE_KEPT_SECONDS": "3600"}).catalogue_kept == timedelta(
        hours=1
    )


def test_limits_can_be_changed() -> None:
    """Those that are named; the others stay as they are."""
    assert Settings.from_environ(GOOD).limits == LIMITS
    changed = Settings.from_environ({**GOOD, "LIMITS": '{"address": {"hour": 500}}'}).limits
    assert changed == {**LIMITS, "address": {**LIMITS["address"], "hour": 500}}


def test_all_mistakes_are_told_at_once() -> None:
    """Whoever deploys reads every mistake in one go, each with the setting's name."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_environ({"GRAPH_CLOUD": "moon", "STORE": "tables", "GRAPH_CREDENTIAL": "password"})

    names = {mistake.split(":")[0] for mistake in caught.value.mistakes}
    assert names == {
        "BOOKING_BUSINESSES", "GRAPH_CLOUD", "GRAPH_CREDENTIAL", "TABLES_ENDPOINT", "BOOKING_SECRET",
        "HUMAN_CHECK",
    }  # fmt: skip


def test_a_choice_that_there_is_not_names_those_that_there_are() -> None:
    """Choices, numbers and what one setting asks of another are told in the same go."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_environ(
            {
                **GOOD,
                "STORE": "disk",
                "HUMAN_CHECK": "turnstile",
                "TRUSTED_PROXIES": "9",
                "LOCK_LIFE_SECONDS": "1",
            }
        )

    assert caught.value.mistakes == (
        "STORE: expected one of memory, tables; got a text of 4 characters",
        "TRUSTED_PROXIES: expected a number from 0 to 3; got a number of 1 characters",
        f"LOCK_LIFE_SECONDS: expected {LIFE_EXPECTED}",
        "TURNSTILE_SECRET: expected a value because of HUMAN_CHECK=turnstile; it is missing",
        "TURNSTILE_SITE_KEY: expected a value because of HUMAN_CHECK=turnstile; it is missing",
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BOOKING_BUSINESSES", "[]"),
        ("BOOKING_BUSINESSES", "{}"),
        ("BOOKING_BUSINESSES", "{'a': 'b'}"),
        ("BOOKING_BUSINESSES", '{"Upper Case": "a@contoso.com"}'),
        ("BOOKING_BUSINESSES", '{"a": "not-a-mailbox"}'),
        ("BOOKING_BUSINESSES", '{"a": {"mailbox": "a@contoso.com", "zone": "x"}}'),
        ("BOOKING_BUSINESSES", '{"a": {"mailbox": "a@contoso.com", "timeZone": "Mars/Olympus"}}'),
        ("BOOKING_BUSINESSES", '{"a": {"mailbox": "a@contoso.com", "public": "yes"}}'),
        ("BOOKING_BUSINESSES", '{"a": {"mailbox": "a@contoso.com", "logo": "http://a.example/logo.png"}}'),
        ("BOOKING_BUSINESSES", '{"a": {"mailbox": "a@contoso.com", "favicon": "https://*.example/i.png"}}'),
        ("BOOKING_BUSINESSES", '{"a": {"mailbox": "a@contoso.com", "texts": {"outro": "Bye"}}}'),
        ("BOOKING_BUSINESSES", '{"a": {"mailbox": "a@contoso.com", "texts": {"intro": {"EN": "Hello"}}}}'),
        ("REQUIRE_CONSENT", "some"),
        ("CATALOGUE_KEPT_SECONDS", "86401"),
        ("LIMITS", "no JSON"),
        ("LIMITS", '{"adress": {"hour": 5}}'),
        ("LIMITS", '{"address": {"hour": "5"}}'),
        ("CATALOGUE_KEPT_SECONDS", "-1"),
        ("GRAPH_CLOUD", "china"),
        ("GRAPH_BASE_URL", "http://graph.contoso.com"),
        ("GRAPH_BASE_URL", "ftp://127.0.0.1"),
        ("TABLES_ENDPOINT", "http://account.table.core.windows.net"),
        ("BOOKING_SECRET", "short"),
        ("HUMAN_CHECK", "captcha"),
        ("ALLOWED_RETURN_ORIGINS", "https://www.contoso.com/path"),
        ("ALLOWED_RETURN_ORIGINS", "http://www.contoso.com"),
        ("FRAME_ANCESTORS", "*"),
        ("IGNORED_FORM_FIELDS", "crm_*, <script>"),
        ("IGNORED_FORM_FIELDS", "x" * 101),
        ("GRAPH_CALL_SECONDS", "-7.75"),
        ("GRAPH_CALL_SECONDS", "soon"),
        ("REQUEST_BUDGET_SECONDS", "500"),
        ("LOCK_LIFE_SECONDS", "20"),
    ],
)
def test_a_wrong_value_is_named_but_never_shown(name: str, value: str) -> None:
    """The message has the name, the shape and what is expected; the value may be a secret."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_environ({**GOOD, name: value})

    (mistake,) = caught.value.mistakes
    assert mistake.startswith(f"{name}: expected ")
    assert value not in mistake.replace("cloud in China", "")


def test_china_is_refused_with_the_reason() -> None:
    """There is no Microsoft Bookings in that cloud."""
    with pytest.raises(SettingsError, match="no Microsoft Bookings"):
        Settings.from_environ({**GOOD, "GRAPH_CLOUD": "china"})


@pytest.mark.parametrize(
    ("cloud", "root"),
    [("usgov", "https://graph.microsoft.us"), ("dod", "https://dod-graph.microsoft.us")],
)
def test_national_clouds_have_their_own_roots(cloud: str, root: str) -> None:
    """The root decides where calls go and for whom tokens are."""
    assert Settings.from_environ({**GOOD, "GRAPH_CLOUD": cloud}).graph_root == root


@pytest.mark.parametrize(
    ("check", "missing"),
    [("altcha", {"ALTCHA_HMAC_KEY"}), ("turnstile", {"TURNSTILE_SECRET", "TURNSTILE_SITE_KEY"})],
)
def test_a_human_check_needs_its_keys(check: str, missing: set[str]) -> None:
    """A check that could not be verified does not start."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_environ({**GOOD, "HUMAN_CHECK": check})

    assert {mistake.split(":")[0] for mistake in caught.value.mistakes} == missing


PRODUCTION = {
    **GOOD,
    "STORE": "tables",
    "TABLES_ENDPOINT": "https://x.table.core.windows.net",
    "BOOKING_SECRET": SECRET,
}


@pytest.mark.parametrize("given", [{}, {"HUMAN_CHECK": ""}, {"HUMAN_CHECK": "  "}])
def test_production_says_how_it_tells_people_from_robots(given: dict[str, str]) -> None:
    """Where bookings are kept in tables a forgotten check stops the start; `off` has to be said."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_environ({**PRODUCTION, **given})

    assert caught.value.mistakes == ("HUMAN_CHECK: expected a value because of STORE=tables; it is missing",)
    assert Settings.from_environ({**PRODUCTION, "HUMAN_CHECK": "off"}).human_check == "off"


def test_secrets_do_not_show_in_a_printed_value() -> None:
    """A settings object that lands in a log line shows no secret."""
    settings = Settings.from_environ({**GOOD, "BOOKING_SECRET": SECRET})

    assert settings.booking_secret == SECRET
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    "wrong", ["book.contoso.com", "http://book.contoso.com", "https://", "ftp://127.0.0.1"]
)
def test_customers_reach_a_deployment_by_https(wrong: str) -> None:
    """What begins the links in mails is an https address, or this machine's."""
    for right in ("https://book.contoso.com/", "http://127.0.0.1:7071"):
        given = Settings.from_environ({**GOOD, "PUBLIC_BASE_URL": right})
        assert given.public_base_url == right.rstrip("/")
    with pytest.raises(SettingsError, match="PUBLIC_BASE_URL"):
        Settings.from_environ({**GOOD, "PUBLIC_BASE_URL": wrong})


def test_microsofts_own_link_is_off_unless_it_is_left_to_the_service() -> None:
    """Nothing else can be said, and what is wrong names the setting."""
    assert Settings.from_environ(GOOD).microsoft_manage_link == "off"
    given = Settings.from_environ({**GOOD, "MICROSOFT_MANAGE_LINK": "service"})
    assert given.microsoft_manage_link == "service"
    with pytest.raises(SettingsError, match="MICROSOFT_MANAGE_LINK: expected one of off, service"):
        Settings.from_environ({**GOOD, "MICROSOFT_MANAGE_LINK": "on"})
