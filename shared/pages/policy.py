"""What pages may load, who may frame them, and where their forms may lead: the headers that browsers obey."""

from collections.abc import Mapping
from dataclasses import dataclass

TURNSTILE = "https://challenges.cloudflare.com"


@dataclass(frozen=True, slots=True)
class PagePolicy:
    """Who may frame the page, where it may send visitors back to, and which human check it carries.

    `form_origins` are the websites whose forms are taken; every website's where there are none.
    """

    frame_ancestors: tuple[str, ...] = ()
    return_origins: tuple[str, ...] = ()
    human_check: str = "off"
    form_origins: tuple[str, ...] = ()

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
