"""What pages may load, who may frame them, and where their forms may lead: the headers that browsers obey."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from shared.domain.shop.branding import Branding

TURNSTILE = "https://challenges.cloudflare.com"


@dataclass(frozen=True, slots=True)
class PagePolicy:
    """Who may frame the page, where it may send visitors back to, and which human check it carries.

    `form_origins` are the websites whose forms are taken; every website's where there are none. `brandings`
    are by alias.
    """

    frame_ancestors: tuple[str, ...] = ()
    return_origins: tuple[str, ...] = ()
    human_check: str = "off"
    form_origins: tuple[str, ...] = ()
    brandings: Mapping[str, Branding] = field(default_factory=dict)

    def branding(self, alias: str) -> Branding:
        """The look of one shop."""
        return self.brandings.get(alias, Branding())

    def headers(self, branding: Branding | None = None) -> Mapping[str, str]:
        """The headers of a shop's page; nothing is kept by caches, since pages hold what visitors typed."""
        # X-Frame-Options cannot name other origins, so that it is left out where some may frame the page.
        framed = {} if self.frame_ancestors else {"X-Frame-Options": "SAMEORIGIN"}
        return {
            "Content-Security-Policy": self._csp(_origins(branding or Branding())),
            "Cache-Control": "no-store",
            "Vary": "Accept, Accept-Language",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            **framed,
        }

    def _csp(self, pictures: Collection[str]) -> str:
        foreign = (TURNSTILE,) if self.human_check == "turnstile" else ()
        directives = {
            "default-src": ("'none'",),
            "script-src": ("'self'", *foreign),
            "frame-src": foreign or ("'none'",),
            "style-src": ("'self'",),
            "img-src": ("'self'", "data:", *pictures),
            "connect-src": ("'self'",),
            "form-action": ("'self'", *self.return_origins),
            "base-uri": ("'none'",),
            "frame-ancestors": ("'self'", *self.frame_ancestors),
        }
        return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


def _origins(branding: Branding) -> Collection[str]:
    """Where the pictures of a shop come from."""
    urls = (urlsplit(url) for url in (branding.logo, branding.favicon) if url)
    return sorted({f"{url.scheme}://{url.netloc}" for url in urls})
