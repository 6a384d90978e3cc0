"""Route templates are matched as ASP.NET routing matches them for the Functions host."""

import pytest

from devtools.functions_host.errors import StartError
from devtools.functions_host.routes import decode_path, parse_template


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("api/ping", "/api/ping", {}),
        ("api/ping", "/API/Ping", {}),
        ("api/ping", "/api/ping/", {}),
        ("api/ping", "/api/pong", None),
        ("api/ping", "/api/ping/more", None),
        ("api/ping", "/api//ping", None),
        ("api/{a}/b/{c}", "/api/1/b/2", {"a": "1", "c": "2"}),
        ("api/{a}", "/api/", None),
        ("api/{a}", "/api//", None),
        ("api/{id:int}", "/api/-7", {"id": "-7"}),
        ("api/{id:int}", "/api/2147483648", None),
        ("api/{id:int}", "/api/seven", None),
        ("api/{id:long}", "/api/2147483648", {"id": "2147483648"}),
        (
            "api/{id:guid}",
            "/api/57da6774-a087-4d69-b0e6-6fb82c339976",
            {"id": "57da6774-a087-4d69-b0e6-6fb82c339976"},
        ),
        ("api/{id:guid}", "/api/57da6774", None),
        ("api/{on:bool}", "/api/True", {"on": "True"}),
        ("api/{on:bool}", "/api/yes", None),
        ("api/{day:datetime}", "/api/2026-12-01", {"day": "2026-12-01"}),
        ("api/{day:datetime}", "/api/tomorrow", None),
        ("api/{n:decimal}", "/api/1.5", {"n": "1.5"}),
        ("api/{n:double}", "/api/x", None),
        ("api/{n:float}", "/api/2e3", {"n": "2e3"}),
        ("api/{w:alpha}", "/api/abc", {"w": "abc"}),
        ("api/{w:alpha}", "/api/ab1", None),
        ("api/{w:length(3)}", "/api/abcd", None),
        ("api/{w:length(2,4)}", "/api/abcd", {"w": "abcd"}),
        ("api/{w:minlength(3)}", "/api/ab", None),
        ("api/{w:maxlength(3)}", "/api/abcd", None),
        ("api/{n:min(5)}", "/api/4", None),
        ("api/{n:max(5)}", "/api/5", {"n": "5"}),
        ("api/{n:range(1,3)}", "/api/4", None),
        ("api/{n:int:min(1)}", "/api/0", None),
        ("api/{w:regex(^a[bc]{{2}}$)}", "/api/abc", {"w": "abc"}),
        ("api/{w:regex(^a[bc]{{2}}$)}", "/api/abbb", None),
        ("api/{w:required}", "/api/x", {"w": "x"}),
        ("api/{a?}", "/api", {}),
        ("api/{a?}", "/api/1", {"a": "1"}),
        ("api/{a:int?}", "/api/x", None),
        ("api/{a=5}", "/api", {"a": "5"}),
        ("api/{a=5}", "/api/6", {"a": "6"}),
        ("api/{*rest}", "/api/a/b/c", {"rest": "a/b/c"}),
        ("api/{*rest}", "/api", {}),
        ("api/{name}.{kind}", "/api/a.b.json", {"name": "a.b", "kind": "json"}),
        ("api/v{version:int}", "/api/v2", {"version": "2"}),
        ("api/v{version:int}", "/api/vx", None),
        ("", "/", {}),
        ("", "/x", None),
    ],
)
def test_match(template: str, path: str, values: dict[str, str] | None) -> None:
    """A template matches a path, with these values, or does not match."""
    assert parse_template(template).match(path) == values


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("/api", "must not start"),
        ("api/{id:slug}", "'slug' is not supported"),
        ("api/{id:range(1)}", "'range.1.' is not supported"),
        ("api/{id:int(3)}", "not supported"),
        ("api/{id:regex([)}", "not valid"),
        ("api/{id}/{ID}", "twice"),
        ("api/{id", "without its partner"),
        ("api/id}", "without its partner"),
        ("api/{*rest}/more", "must come last"),
        ("api/{}", "proper name"),
        ("api//x", "empty segment"),
        ("api/{name}.{kind?}", "share a segment"),
    ],
)
def test_refused_template(template: str, message: str) -> None:
    """A template that the host would refuse, or that is not understood here, stops the start by name."""
    with pytest.raises(StartError, match=message):
        parse_template(template)


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/a%20b", "/a b"),
        (b"/a%2Fb%2fc", "/a%2Fb%2fc"),
        (b"/%C3%A9", "/é"),
        (b"/%ff", "/%ff"),
        (b"/a+b", "/a+b"),
        (b"/a/../b/./c", "/b/c"),
        (b"/a/%2E%2E/b", "/b"),
        (b"/../../a", "/a"),
        (b"/a/.", "/a/"),
        (b"/.well-known/x", "/.well-known/x"),
        (b"/100%", "/100%"),
    ],
)
def test_decode_path(raw: bytes, path: str) -> None:
    """Kestrel decodes every escape but that of the slash, and takes dot segments away."""
    assert decode_path(raw) == path
