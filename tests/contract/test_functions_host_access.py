"""Keys and CORS of the local host: who may call, and which page may read the answer."""
# ruff: noqa: ARG001 - a function takes its trigger by name, also where it does not read it

import json

import azure.functions as func
import pytest

from devtools.functions_host.errors import StartError
from devtools.functions_host.keys import read_keys
from devtools.functions_host.settings import Cors, parse_local_settings
from tests.contract.functions_host import new_app, serving

KEYS = {"FUNCTIONS_HOST_KEYS": json.dumps({"default": "right", "partner": "also-right", "_master": "master"})}
PAGE = "https://www.contoso.com"
PREFLIGHT = {"origin": PAGE, "access-control-request-method": "POST", "access-control-request-headers": "x-a"}


def guarded() -> func.FunctionApp:
    """One function of each level; each answers with its own name."""
    app = new_app(func.AuthLevel.FUNCTION)

    @app.route("open", auth_level=func.AuthLevel.ANONYMOUS)
    async def open_(req: func.HttpRequest) -> str:
        return "open"

    @app.route("closed")
    async def closed(req: func.HttpRequest) -> str:
        return "closed"

    @app.route("admin-only", auth_level=func.AuthLevel.ADMIN)
    async def admin_only(req: func.HttpRequest) -> str:
        return "admin"

    return app


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("closed", None, 401),
        ("closed", "wrong", 401),
        ("closed", "", 401),
        ("closed", "right", 200),
        ("closed", "also-right", 200),
        ("closed", "master", 200),
        ("admin-only", "right", 401),
        ("admin-only", "master", 200),
        ("open", None, 200),
        ("open", "wrong", 200),
    ],
)
async def test_key(path: str, key: str | None, status: int) -> None:
    """A level asks for its key; an anonymous function runs whatever key comes; a refusal is empty."""
    headers = {} if key is None else {"x-functions-key": key}
    async with serving(guarded(), environ=KEYS) as http:
        answer = await http.get(f"/api/{path}", headers=headers)
    assert answer.status_code == status
    assert answer.content == b"" if status == 401 else answer.content != b""


async def test_key_in_the_query_gives_way_to_the_header() -> None:
    """`?code=` serves too, but where both are given the header alone counts."""
    async with serving(guarded(), environ=KEYS) as http:
        assert (await http.get("/api/closed?code=right")).status_code == 200
        wrong = await http.get("/api/closed?code=right", headers={"x-functions-key": "wrong"})
        assert wrong.status_code == 401
        right = await http.get("/api/closed?code=wrong", headers={"x-functions-key": "right"})
        assert right.status_code == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("CODE=right", 200), ("Code=right", 200),
        ("code=right&code=wrong", 200), ("code=wrong&code=right", 401),
        ("code=&code=right", 401), ("a=1&cOdE=right", 200), ("keycode=right", 401),
    ],
)  # fmt: skip
async def test_key_in_the_query(query: str, status: int) -> None:
    """The name of `code` counts in any letter case, and the first of two wins."""
    async with serving(guarded(), environ=KEYS) as http:
        assert (await http.get(f"/api/closed?{query}")).status_code == status


async def test_a_key_that_was_used_is_known_in_any_letter_case() -> None:
    """Microsoft's host keeps what it has seen without regard to case; before that the case counts."""
    async with serving(guarded(), environ=KEYS) as http:
        for key, status in (("RIGHT", 401), ("right", 200), ("RIGHT", 200), ("ALSO-RIGHT", 401)):
            assert (await http.get("/api/closed", headers={"x-functions-key": key})).status_code == status
    async with serving(guarded(), environ=KEYS) as http:
        assert (await http.get("/api/closed?code=RIGHT")).status_code == 401


async def test_no_key_configured_closes() -> None:
    """Without any key configured a guarded function cannot be called, not even with an empty key."""
    async with serving(guarded()) as http:
        assert (await http.get("/api/closed", headers={"x-functions-key": ""})).status_code == 401


@pytest.mark.parametrize("text", ["secret-text", "[]", '{"default": 7}', '{"default": ""}'])
def test_unreadable_keys(text: str) -> None:
    """Keys that cannot be read stop the start, without being shown."""
    with pytest.raises(StartError, match="FUNCTIONS_HOST_KEYS") as caught:
        read_keys({"FUNCTIONS_HOST_KEYS": text})
    assert "secret-text" not in str(caught.value)


async def test_preflight_never_reaches_the_function() -> None:
    """The host answers a preflight with 204, also for a path that nobody serves."""
    called = []
    app = new_app()

    @app.route("watch")
    async def watch(req: func.HttpRequest) -> str:
        called.append(req.method)
        return "x"

    async with serving(app, cors=Cors((PAGE,))) as http:
        answers = [await http.options(path, headers=PREFLIGHT) for path in ("/api/watch", "/api/nothing")]
        plain = await http.options("/api/watch", headers={"origin": PAGE})
    assert [answer.status_code for answer in answers] == [204, 204]
    assert answers[0].headers["access-control-allow-origin"] == PAGE
    assert answers[0].headers["access-control-allow-methods"] == "POST"
    assert answers[0].headers["access-control-allow-headers"] == "x-a"
    assert plain.status_code == 200
    assert called == ["OPTIONS"]


async def test_preflight_of_an_unlisted_origin() -> None:
    """An origin that is not listed gets its 204 too, without any leave in it."""
    async with serving(guarded(), cors=Cors(("https://other.example",))) as http:
        answer = await http.options("/api/open", headers=PREFLIGHT)
    assert answer.status_code == 204
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("cors", "allowed", "vary", "credentials"),
    [
        (Cors((PAGE,)), PAGE, None, None),
        (Cors((PAGE, "https://other.example"), credentials=True), PAGE, "Origin", "true"),
        (Cors(("https://other.example",)), None, None, None),
        (Cors(("*",)), "*", None, None),
        (Cors(), None, None, None),
    ],
)
async def test_simple_request(
    cors: Cors, allowed: str | None, vary: str | None, credentials: str | None
) -> None:
    """Every answer to a listed origin, a failure included, says that its page may read it."""
    async with serving(guarded(), cors=cors) as http:
        for path, status in (("/api/open", 200), ("/api/nothing", 404), ("/api/closed", 401)):
            answer = await http.get(path, headers={"origin": PAGE})
            assert answer.status_code == status
            assert answer.headers.get("access-control-allow-origin") == allowed
            assert answer.headers.get("vary") == vary
            assert answer.headers.get("access-control-allow-credentials") == credentials


@pytest.mark.parametrize(
    ("setting", "allowed"),
    [
        (PAGE, True), (f"{PAGE}/", False), (f"https://other.example, {PAGE}", False), (PAGE.upper(), False),
        (f"https://other.example,{PAGE}", True), ("https://www.Contoso.com", False), (f" {PAGE}", False),
        (f"{PAGE},", True), ("*", True),
    ],
)  # fmt: skip
async def test_origins_are_compared_letter_by_letter(setting: str, *, allowed: bool) -> None:
    """A slash, a space or a capital letter in the setting closes the door, as it does in Azure."""
    cors = parse_local_settings({"Host": {"CORS": setting}}).cors
    async with serving(guarded(), cors=cors) as http:
        for answer in (
            await http.get("/api/open", headers={"origin": PAGE}),
            await http.options("/api/open", headers=PREFLIGHT),
        ):
            assert ("access-control-allow-origin" in answer.headers) is allowed
