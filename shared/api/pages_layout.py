"""What every page has around its main part, and the headers that keep it safe."""

from collections.abc import Mapping
from dataclasses import dataclass

import azure.functions as func

from shared.api.pages_assets import address
from shared.api.pages_markup import Html, document, h
from shared.api.pages_visit import Visit
from shared.api.texts import LANGUAGES

TURNSTILE = "https://challenges.cloudflare.com"


@dataclass(frozen=True, slots=True)
class PagePolicy:
    """Who may frame the page, where it may send visitors back to, and which human check it carries."""

    frame_ancestors: tuple[str, ...] = ()
    return_origins: tuple[str, ...] = ()
    human_check: str = "off"

    def headers(self) -> Mapping[str, str]:
        """The headers of a page; nothing is kept by caches, since pages hold what visitors typed."""
        # X-Frame-Options cannot name other origins, so that it is left out where some may frame the page.
        framed = {} if self.frame_ancestors else {"X-Frame-Options": "SAMEORIGIN"}
        return {
            "Content-Security-Policy": self._csp(),
            "Cache-Control": "no-store",
            "Vary": "Accept, Accept-Language",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            **framed,
        }

    def _csp(self) -> str:
        foreign = (TURNSTILE,) if self.human_check == "turnstile" else ()
        directives = {
            "default-src": ("'none'",),
            "script-src": ("'self'", *foreign),
            "frame-src": foreign or ("'none'",),
            "style-src": ("'self'",),
            "img-src": ("'self'", "data:"),
            "connect-src": ("'self'",),
            "form-action": ("'self'", *self.return_origins),
            "base-uri": ("'none'",),
            "frame-ancestors": ("'self'", *self.frame_ancestors),
        }
        return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


@dataclass(frozen=True, slots=True)
class Page:
    """A page before it gets its frame; `load` is where JavaScript finds what is not there yet."""

    title: str
    main: object
    business: str | None = None
    status: int = 200
    load: str | None = None
    headers: Mapping[str, str] | None = None


def response(visit: Visit, page: Page, policy: PagePolicy) -> func.HttpResponse:
    """The page as an answer."""
    return func.HttpResponse(
        _html(visit, page, policy),
        status_code=page.status,
        headers={**policy.headers(), "Content-Language": visit.t.tag, **(page.headers or {})},
        mimetype="text/html",
        charset="utf-8",
    )


def _html(visit: Visit, page: Page, policy: PagePolicy) -> str:
    t = visit.t
    name = page.business or t("page.title")
    body = h(
        "body",
        h("a", t("page.skip"), class_="skip", href="#main"),
        h("header", h("h1", name), class_="unseen" if "embed" in visit.kept else None),
        h("main", page.main, id="main", tabindex="-1", data_load=page.load),
        h("p", id="status", class_="status", role="status", data_loading=t("page.loading"),
          data_failed=t("page.failed"), data_checking=t("human.checking"),
          data_unknown=t("page.unknown"), data_unanswered=t("page.unanswered")),
        _languages(visit),
    )  # fmt: skip
    return document(
        t.tag,
        _head(page, visit, policy),
        body,
        data_theme=visit.kept.get("theme"),
        data_embed=visit.kept.get("embed"),
    )


def _head(page: Page, visit: Visit, policy: PagePolicy) -> list[Html]:
    named = f"{page.title} | {page.business}" if page.business else page.title
    return [
        h("meta", charset="utf-8"),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("meta", name="color-scheme", content=visit.kept.get("theme", "light dark")),
        h("title", named),
        h("link", rel="icon", href="data:,"),
        h("link", rel="stylesheet", href=address("book.css")),
        h("script", src=address("book.js"), defer=True),
        # Without JavaScript the browser goes on by itself to what JavaScript would have loaded.
        h("noscript", h("meta", http_equiv="refresh", content=f"0;url={page.load}")) if page.load else Html(),
        h("script", src=f"{TURNSTILE}/turnstile/v0/api.js?render=explicit", defer=True)
        if policy.human_check == "turnstile"
        else Html(),
    ]


def _languages(visit: Visit) -> Html:
    links = [
        h("a", one.name, href=visit.link(**{**visit.here, "lang": one.tag}), lang=one.tag, hreflang=one.tag)
        if one.tag != visit.t.tag
        else h("span", one.name, aria_current="true")
        for one in LANGUAGES.values()
    ]
    return h(
        "footer", h("nav", [h("span", link, " ") for link in links], aria_label=visit.t("page.language"))
    )
