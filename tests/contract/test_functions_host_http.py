"""The local host treats HTTP requests and answers as the real one does (facts of its source)."""
# ruff: noqa: ARG001 - a function takes its trigger by name, also where it does not read it

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import azure.functions as func
import pytest

from devtools.functions_host.errors import StartError
from devtools.functions_host.host import create_host
from tests.contract.functions_host import ROOT, new_app, serving


def echo_app(route: str = "echo/{value?}") -> func.FunctionApp:
    """An app whose one function tells what it received."""
    app = new_app()

    @app.route(route)
    async def echo(req: func.HttpRequest) -> func.HttpResponse:
        seen = {
            "method": req.method,
            "url": req.url,
            "params": dict(req.params),
            "route": dict(req.route_params),
            "headers": dict(req.headers),
            "body": req.get_body().decode(),
        }
        return func.HttpResponse(json.dumps(seen), mimetype="application/json")

    return app


def answering(result: object) -> func.FunctionApp:
    """An app whose function `get` returns this."""
    app = new_app()

    @app.route("get")
    async def get(req: func.HttpRequest) -> object:
        return result

    return app


async def test_request_reaches_the_function() -> None:
    """Repeats are joined with a comma, empty query values vanish, and header names are in lower case."""
    async with serving(echo_app()) as http:
        headers = [("X-Tag", "a"), ("x-tag", "b"), ("X-Empty", "")]
        seen = (await http.post("/api/echo/1?a=1&a=2&b=&c=%C3%A9", content="hi", headers=headers)).json()
    assert seen["params"] == {"a": "1,2", "c": "é"}
    assert seen["headers"]["x-tag"] == "a,b"
    assert seen["headers"]["x-empty"] == ""
    assert seen["body"] == "hi"
    assert seen["method"] == "POST"
    assert seen["url"] == f"{ROOT}/api/echo/1?a=1&a=2&b=&c=%C3%A9"


async def test_route_values_are_decoded_but_the_slash() -> None:
    """`%2F` in a route value stays as it is; everything else is decoded."""
    async with serving(echo_app()) as http:
        seen = (await http.get("/api/echo/a%20b%2Fc")).json()
    assert seen["route"] == {"value": "a b%2Fc"}


async def test_chunked_body_arrives_empty() -> None:
    """A body without Content-Length never reaches the function."""

    async def chunks() -> AsyncIterator[bytes]:
        yield b"lost"

    async with serving(echo_app()) as http:
        answer = await http.post("/api/echo", content=chunks())
    assert answer.json()["body"] == ""


async def test_body_limit() -> None:
    """A body of FUNCTIONS_REQUEST_BODY_SIZE_LIMIT bytes passes, one more is 413."""
    async with serving(echo_app(), environ={"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "4"}) as http:
        assert (await http.post("/api/echo", content=b"1234")).json()["body"] == "1234"
        assert (await http.post("/api/echo", content=b"12345")).status_code == 413


async def test_first_name_wins() -> None:
    """Routes are tried by function name, whatever its case; a literal has no precedence."""
    app = new_app()

    @app.route("items/special")
    @app.function_name("Zeta")
    async def special(req: func.HttpRequest) -> str:
        return "special"

    @app.route("items/{id}")
    @app.function_name("alpha")
    async def item(req: func.HttpRequest) -> str:
        return "item"

    async with serving(app) as http:
        assert (await http.get("/api/items/special")).text == "item"


async def test_methods() -> None:
    """A wrong method is 404, HEAD needs to be declared, and no list means every method."""
    app = new_app()

    @app.route("some", methods=["GET", "POST"])
    async def some(req: func.HttpRequest) -> str:
        return "some"

    @app.route("every")
    async def every(req: func.HttpRequest) -> str:
        return "every"

    async with serving(app) as http:
        statuses = [
            (await http.request(method, "/api/some")).status_code for method in ("GET", "POST", "PUT", "HEAD")
        ]
        head = await http.head("/api/every")
        assert (await http.request("PROPFIND", "/api/every")).status_code == 200
    assert statuses == [200, 200, 404, 404]
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "5")


async def test_route_defaults_to_the_name() -> None:
    """A function without a route is served under its own name."""
    app = new_app()

    @app.route()
    async def ping(req: func.HttpRequest) -> str:
        return "pong"

    async with serving(app) as http:
        assert (await http.get("/api/ping")).text == "pong"


async def test_route_prefix() -> None:
    """host.json moves the prefix, also to nothing."""
    for prefix, path in (("v9", "/v9/echo"), ("", "/echo")):
        async with serving(echo_app(), {"extensions": {"http": {"routePrefix": prefix}}}) as http:
            assert (await http.get(path)).status_code == 200
            assert (await http.get("/api/echo")).status_code == 404


async def test_exception_is_an_empty_500(caplog: pytest.LogCaptureFixture) -> None:
    """What a function raises goes to the log with its traceback, never to the caller."""
    app = new_app()

    @app.route("boom")
    async def boom(req: func.HttpRequest) -> str:
        raise ValueError("the reason")

    async with serving(app) as http:
        answer = await http.get("/api/boom")
    assert (answer.status_code, answer.content) == (500, b"")
    assert "the reason" in caplog.text
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("result", [None, 5, b"bytes", {"a": 1}])
async def test_return_that_is_no_answer(result: object) -> None:
    """Anything but HttpResponse or str, None included, is an empty 500."""
    async with serving(answering(result)) as http:
        answer = await http.get("/api/get")
    assert (answer.status_code, answer.content) == (500, b"")


async def test_response_is_sent_as_it_is() -> None:
    """Status, headers and body of an HttpResponse arrive; its media type becomes the Content-Type."""
    response = func.HttpResponse(b"\x00\x01", status_code=418, mimetype="image/png", headers={"X-A": "1"})
    async with serving(answering(response)) as http:
        answer = await http.get("/api/get")
    assert (answer.status_code, answer.content) == (418, b"\x00\x01")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-a"] == "1"
    assert answer.headers["content-length"] == "2"


async def test_text_response_names_its_charset() -> None:
    """A text response says in which charset it is."""
    async with serving(answering(func.HttpResponse("é", mimetype="text/html"))) as http:
        answer = await http.get("/api/get")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.text == "é"


async def test_cookies() -> None:
    """Several cookies arrive as several headers; every one has a path."""
    response = func.HttpResponse("x")
    response.headers.add("Set-Cookie", "a=1; HttpOnly; Secure; SameSite=Lax")
    response.headers.add("Set-Cookie", "b=2; Path=/book; Max-Age=60")
    async with serving(answering(response)) as http:
        answer = await http.get("/api/get")
    assert answer.headers.get_list("set-cookie") == [
        "a=1; path=/; secure; samesite=lax; httponly",
        "b=2; max-age=60; path=/book",
    ]


async def test_repeated_response_header_keeps_the_last() -> None:
    """The worker's protocol has one value for each header: of a repeated one only the last is sent."""
    response = func.HttpResponse("x")
    response.headers.add("X-A", "1")
    response.headers.add("X-A", "2")
    async with serving(answering(response)) as http:
        assert (await http.get("/api/get")).headers.get_list("x-a") == ["2"]


@pytest.mark.parametrize("value", ["é", "a\nb"])
async def test_header_that_cannot_be_sent(value: str) -> None:
    """A header value outside printable ASCII is a 500, as with Kestrel."""
    response = func.HttpResponse("x")
    response.headers._list.append(("X-A", value))  # noqa: SLF001 - past its check
    async with serving(answering(response)) as http:
        assert (await http.get("/api/get")).status_code == 500


async def test_empty_204() -> None:
    """A 204 has neither body nor length."""
    async with serving(answering(func.HttpResponse(status_code=204))) as http:
        answer = await http.get("/api/get")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-length" not in answer.headers


@pytest.mark.parametrize(
    ("text", "status", "body"),
    [
        ("plain", 200, "plain"),
        ('{"a":1}', 200, '{\n  "a": 1\n}'),
        ('"quoted"', 200, "quoted"),
        ("12", 200, "12"),
        ("", 204, ""),
        ("null", 204, ""),
        ('{"Body":"inner","statusCode":"201","headers":{"X-A":"1"}}', 201, "inner"),
    ],
)
async def test_returned_text(text: str, status: int, body: str) -> None:
    """A returned str that is JSON is rewritten, and an object with `body` is taken for a whole response."""
    async with serving(answering(text)) as http:
        answer = await http.get("/api/get")
    assert (answer.status_code, answer.text) == (status, body)
    assert answer.headers.get("x-a") == ("1" if status == 201 else None)


async def test_custom_headers_are_on_every_answer() -> None:
    """host.json's customHeaders are on 200, 404 and 500 alike, and give way to a header that is there."""
    app = answering(func.HttpResponse("x", headers={"X-Frame-Options": "SAMEORIGIN"}))

    @app.route("boom")
    async def boom(req: func.HttpRequest) -> str:
        raise ValueError

    custom = {"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff"}
    async with serving(app, {"extensions": {"http": {"customHeaders": custom}}}) as http:
        answers = [await http.get(f"/api/{name}") for name in ("get", "boom", "nothing")]
    assert [answer.status_code for answer in answers] == [200, 500, 404]
    assert [answer.headers["x-content-type-options"] for answer in answers] == ["nosniff"] * 3
    assert [answer.headers["x-frame-options"] for answer in answers] == ["SAMEORIGIN", "DENY", "DENY"]


async def test_context_and_threads() -> None:
    """Functions may take the context; those that are not coroutines run at the same time, in threads."""
    app = new_app()
    both = asyncio.Event()
    loop = asyncio.get_running_loop()
    waiting: list[str] = []

    @app.route("sync")
    def sync(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
        waiting.append(context.invocation_id)
        if len(waiting) == 2:
            loop.call_soon_threadsafe(both.set)
        asyncio.run_coroutine_threadsafe(asyncio.wait_for(both.wait(), 10), loop).result(10)
        seen = [context.function_name, context.invocation_id, context.trace_context.trace_parent]
        return func.HttpResponse(json.dumps(seen))

    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    async with serving(app) as http:
        calls = [http.get("/api/sync", headers={"traceparent": trace}) for _ in range(2)]
        answers = [answer.json() for answer in await asyncio.gather(*calls)]
    assert {name for name, _, _ in answers} == {"sync"}
    assert {parent for _, _, parent in answers} == {trace}
    assert {invocation for _, invocation, _ in answers} == set(waiting)
    assert len(set(waiting)) == 2


async def test_function_timeout() -> None:
    """A function that passes functionTimeout is ended, and answered with 500."""
    ended = asyncio.Event()
    app = new_app()

    @app.route("slow")
    async def slow(req: func.HttpRequest) -> str:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return "never"

    async with serving(app, {"functionTimeout": "00:00:00.05"}) as http:
        assert (await http.get("/api/slow")).status_code == 500
    assert ended.is_set()


async def test_function_goes_on_when_the_caller_leaves() -> None:
    """A caller that gives up does not stop the function: what it began, it ends."""
    begun, leave, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
    app = new_app()

    @app.route("slow")
    async def slow(req: func.HttpRequest) -> str:
        begun.set()
        await leave.wait()
        ended.set()
        return "done"

    async with serving(app) as http:
        call = asyncio.create_task(http.get("/api/slow"))
        await begun.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        leave.set()
        await asyncio.wait_for(ended.wait(), timedelta(seconds=10).total_seconds())


async def test_log_has_no_query_and_no_body(caplog: pytest.LogCaptureFixture) -> None:
    """The log names the function, the invocation and the outcome, and nothing that a caller sent."""
    caplog.set_level(logging.DEBUG, "functions_host")
    async with serving(echo_app()) as http:
        await http.post("/api/echo/in-the-path?code=in-the-query", content="in-the-body")
    lines = [record.getMessage() for record in caplog.records if record.name == "functions_host"]
    assert len(lines) == 2
    assert lines[0].startswith("Executing 'Functions.echo' (Reason='")
    assert lines[1].startswith("Executed 'Functions.echo' (Succeeded, Id=")
    assert "in-the-" not in "".join(lines)


@pytest.mark.parametrize("path", ["/api", "/api/nothing", "/elsewhere"])
async def test_unknown_path(path: str) -> None:
    """What no route serves is an empty 404."""
    async with serving(echo_app()) as http:
        answer = await http.get(path)
    assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize(("setting", "status"), [("", 200), ("false", 200), ("true", 204), ("True", 204)])
async def test_homepage(setting: str, status: int) -> None:
    """The root shows the host's page, unless AzureWebJobsDisableHomepage is true."""
    async with serving(echo_app(), environ={"AzureWebJobsDisableHomepage": setting}) as http:
        answer = await http.get("/")
    assert (answer.status_code, b"up and running" in answer.content) == (status, status == 200)


def test_host_can_be_made_twice() -> None:
    """One app may be given to several hosts of a process, one after the other."""
    app = echo_app()
    assert create_host(app, environ={}).declared.http == create_host(app, environ={}).declared.http


def test_argument_without_binding_stops_the_start() -> None:
    """A function with a parameter that nothing fills is refused by name, as the worker does."""
    app = new_app()

    @app.route("bad")
    async def bad(req: func.HttpRequest, other: str) -> str:
        return other

    with pytest.raises(StartError, match="bad has parameters without a binding: other"):
        create_host(app, environ={})


def test_bad_timeout_stops_the_start() -> None:
    """A functionTimeout that is no time span is refused."""
    with pytest.raises(StartError, match="functionTimeout 'soon'"):
        create_host(echo_app(), {"functionTimeout": "soon"}, environ={})
