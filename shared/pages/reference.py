"""The reference page: the API's description as one page of HTML, and a viewer over it where scripts run.

The viewer is Stoplight Elements, served by ourselves and loaded here alone (`web/elements`).
"""

import json
from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import azure.functions as func

from shared.api.responses.description import openapi_text
from shared.api.responses.model import cacheable
from shared.pages.assets import address

STYLE = Path(__file__).with_name("templates") / "reference.css"
OF_THE_VIEWER = (
    "'sha256-MBVp6JYxbC/wICelYC6eULCRpgi9kGezXXSaq/TS2+I=' "  # the sizes of its icons
    "'sha256-40iiqMCd92gEkTDo77tABEiJ83Vil54BR3JPvnldhrA=' "  # its editor of bodies
    "'sha256-zoxSNfxzQeigIQiG7Nldu/ePlxCum0EU4hElYOZRG1o='"
)
"""The styles that the viewer writes into the page; another version of it may have others."""

Json = dict[str, Any]


async def docs(request: func.HttpRequest) -> func.HttpResponse:
    """`GET /docs`."""
    return cacheable(request, page(), "text/html", {"Content-Security-Policy": content_security_policy()})


@cache
def style() -> str:
    """The page's own style."""
    return STYLE.read_text("utf-8")


@cache
def content_security_policy() -> str:
    """Scripts, styles, pictures and requests of this host alone; no inline script, no frame, no form."""
    digest = b64encode(sha256(style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'self' 'sha256-{digest}' {OF_THE_VIEWER}; script-src 'self'; "
        "connect-src 'self'; img-src 'self' data:; font-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@cache
def page() -> str:
    """The page as text."""
    from markupsafe import Markup  # noqa: PLC0415 (few ask for this page; templates take a while to load)

    from shared.pages.rendering import templates  # noqa: PLC0415 (as above)

    described = Description(json.loads(openapi_text()))
    template = templates().get_template("reference.html")
    own = Markup(style())  # noqa: S704 (a file of our own)
    return template.render(described=described, style=own, address=address)


class Description:
    """The API's description, as the template reads it."""

    def __init__(self, document: Json) -> None:
        self.document = document
        self.info = document["info"]

    def operations(self) -> Iterator[tuple[str, str, Json]]:
        """Each operation with its method and its path."""
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                yield method.upper(), path, operation

    def resolved(self, value: Json) -> Json:
        """A value, or what it refers to among the components."""
        if "$ref" not in value:
            return value
        kind, name = value["$ref"].split("/")[-2:]
        found: Json = self.document["components"][kind][name]
        return found

    def keys(self, operation: Json) -> Iterator[Json]:
        """The ways to prove that one may call an operation."""
        schemes = self.document["components"]["securitySchemes"]
        for name in sorted({name for choice in operation.get("security", ()) for name in choice}):
            yield schemes[name]

    @staticmethod
    def type_of(schema: Json) -> str:
        """What a plain value is: the very value, its format or its type; and null, where it may be."""
        types = schema.get("type", "any")
        first, *others = [types] if isinstance(types, str) else types
        return " or ".join([schema.get("const") or schema.get("format") or first, *others])

    @staticmethod
    def example(value: object) -> str:
        """An example as it is written."""
        return json.dumps(value, indent=2, ensure_ascii=False)
