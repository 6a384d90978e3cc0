"""The reference page: the API's description as one page of HTML, without a script or another host."""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from html import escape
from typing import Any

from shared.api.docs_style import STYLE
from shared.api.openapi import document

Json = Mapping[str, Any]

SECTIONS = {
    "operations": "Operations",
    "schemas": "Objects",
    "problems": "Problems",
    "rules": "Booking rules",
}


def content_security_policy() -> str:
    """Nothing but the page's own style; no script, no frame, no form."""
    digest = b64encode(sha256(STYLE.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@cache
def docs_page() -> str:
    """The page as text."""
    info = document()["info"]
    title = escape(info["title"])
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{title}: reference</title>'
        f"<style>{STYLE}</style></head><body>"
        '<a class="skip" href="#main">Skip to the content</a>'
        f"<header><h1>{title}</h1><p>{_text(info['description'])}</p>"
        '<p>The same for programs: <a href="/api/openapi.json">openapi.json</a> (OpenAPI 3.1).</p></header>'
        f"{_contents()}<main id=main tabindex=-1>{_operations()}{_schemas()}{_problems()}{_rules()}</main>"
        "</body></html>\n"
    )


def _contents() -> str:
    links = "".join(f'<li><a href="#{anchor}">{name}</a></li>' for anchor, name in SECTIONS.items())
    operations = "".join(
        f'<li><a href="#{one["operationId"]}">{escape(one["summary"])}</a></li>' for _, _, one in _each()
    )
    return f'<nav aria-label="Contents"><ul>{links}</ul><ul>{operations}</ul></nav>'


def _each() -> Iterable[tuple[str, str, Json]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _section(anchor: str, body: str) -> str:
    return f'<section aria-labelledby="{anchor}"><h2 id="{anchor}">{SECTIONS[anchor]}</h2>{body}</section>'


def _operations() -> str:
    return _section("operations", "".join(_operation(*one) for one in _each()))


def _operation(method: str, path: str, one: Json) -> str:
    keys = sorted({name for choice in one.get("security", ()) for name in choice})
    asked = f"<p>Asks for one of: {', '.join(map(_security, keys))}.</p>" if keys else ""
    return (
        f'<article aria-labelledby="{one["operationId"]}"><h3 id="{one["operationId"]}">'
        f"{escape(one['summary'])}</h3><p><code><b>{method}</b> {escape(path)}</code></p>"
        f"<p>{_text(one['description'])}</p>{asked}"
        f"{_parameters(one)}{_body(one)}{_answers(one)}</article>"
    )


def _security(name: str) -> str:
    scheme = document()["components"]["securitySchemes"][name]
    return f"<code>{escape(scheme['name'])}</code> in the {scheme['in']}"


def _resolved(value: Json) -> Json:
    if "$ref" not in value:
        return value
    kind, name = value["$ref"].split("/")[-2:]
    found: Json = document()["components"][kind][name]
    return found


def _parameters(one: Json) -> str:
    rows = [
        (
            f"<code>{escape(p['name'])}</code>",
            p["in"],
            "yes" if p.get("required") else "no",
            _text(p["description"]),
        )
        for p in map(_resolved, one.get("parameters", ()))
    ]
    return _table("Parameters", ("Name", "In", "Required", "Meaning"), rows)


def _body(one: Json) -> str:
    if "requestBody" not in one:
        return ""
    content = one["requestBody"]["content"]
    return "<h4>Body</h4>" + "".join(_media(media, value) for media, value in content.items())


def _answers(one: Json) -> str:
    return "<h4>Answers</h4>" + "".join(
        f"<details><summary><b>{status}</b> {escape(_resolved(answer)['description'])}</summary>"
        f"{_answer(_resolved(answer))}</details>"
        for status, answer in one["responses"].items()
    )


def _answer(answer: Json) -> str:
    names = ", ".join(f"<code>{escape(name)}</code>" for name in answer.get("headers", ()))
    told = f"<p>Headers: {names}</p>" if names else ""
    return told + "".join(_media(media, value) for media, value in answer.get("content", {}).items())


def _media(media: str, value: Json) -> str:
    shown = "".join(
        f"<p>{escape(name)}</p><pre tabindex=0>{_example(_resolved(one)['value'])}</pre>"
        for name, one in value.get("examples", {}).items()
    )
    return f"<p><code>{escape(media)}</code>: {_kind(value['schema'])}</p>{shown}"


def _example(value: object) -> str:
    return escape(json.dumps(value, indent=2, ensure_ascii=False))


def _kind(schema: Json) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#schema-{name}">{name}</a>'
    choices = schema.get("oneOf") or schema.get("anyOf")
    if choices:
        return " or ".join(_kind(one) for one in choices)
    if schema.get("type") == "array":
        return "list of " + _kind(schema["items"])
    named = schema.get("const") or schema.get("format") or schema.get("type", "any")
    return escape(str(named))


def _schemas() -> str:
    return _section("schemas", "".join(_schema(*one) for one in document()["components"]["schemas"].items()))


def _schema(name: str, schema: Json) -> str:
    rows = [
        (
            f"<code>{escape(member)}</code>",
            _kind(value),
            "yes" if member in schema.get("required", ()) else "no",
            _text(value.get("description", "")),
        )
        for member, value in schema.get("properties", {}).items()
    ]
    table = _table(f"Members of {name}", ("Name", "Type", "Required", "Meaning"), rows)
    return f'<h3 id="schema-{name}">{name}</h3><p>{_text(schema.get("description", ""))}</p>{table}'


def _problems() -> str:
    return _section("problems", "".join(map(_problem, document()["x-problems"])))


def _problem(one: Json) -> str:
    return (
        f'<h3 id="problem-{one["code"]}"><code>{one["code"]}</code></h3>'
        f"<p><b>{one['status']}</b> {escape(one['title'])}. {_text(one['advice'])}</p>"
    )


def _rules() -> str:
    said = "<p>A booking is made, and a slot is offered, where all of these hold.</p>"
    return _section("rules", said + "".join(map(_rule, document()["x-booking-rules"])))


def _rule(one: Json) -> str:
    return f'<h3 id="rule-{one["code"]}"><code>{one["code"]}</code></h3><p>{_text(one["rule"])}</p>'


def _table(caption: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    if not body:
        return ""
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _text(words: str) -> str:
    """Plain words with `code` between backticks."""
    parts = escape(words).split("`")
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))
