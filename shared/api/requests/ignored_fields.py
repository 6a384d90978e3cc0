"""Fields of forms that have nothing to do with a booking: what browsers, advertising and builders add."""

import re
from collections.abc import Collection
from fnmatch import translate
from functools import cache

USUAL = (
    # Advertising and newsletters carry these through links into hidden fields.
    "utm_*", "gclid", "gclsrc", "gbraid", "wbraid", "dclid", "fbclid", "fbc", "fbp", "msclkid", "ttclid",
    "twclid", "li_fat_id", "yclid", "epik", "igshid", "srsltid", "mc_cid", "mc_eid", "_ga", "_gl", "_hs*",
    "hsCtaTracking", "__hs*", "hubspotutk", "sessionid", "referrer", "referer", "landing_page",
    # Browsers: image buttons, the direction of a text, the name of a charset; named buttons.
    "x", "y", "*.x", "*.y", "*.dir", "_charset_", "utf8", "submit", "*_submit", "submit_*", "button", "btn*",
    "send", "commit", "book", "op", "action", "MAX_FILE_SIZE", "isindex",
    # Form builders and their honeypots, tokens and captchas.
    "_gotcha", "_honey*", "honeypot*", "bot-field", "form-name", "form_name", "form_id", "form_build_id",
    "form_key", "form_token", "formid", "_next", "_subject", "_template", "_captcha", "_autoresponse",
    "_replyto", "_redirect", "_cc", "_format", "_method", "_token", "_csrf", "csrf*", "xsrf*",
    "authenticity_token", "csrfmiddlewaretoken", "__RequestVerificationToken", "__VIEWSTATE*", "__EVENT*",
    "_wp*", "wpforms*", "gform_*", "is_submit_*", "state_*", "_fluentform_*", "__fluent*", "ninja_*",
    "post_id", "queried_id", "referer_title", "hp", "hp_*", "hp-*", "ak_*", "g-recaptcha-response",
    "recaptcha*", "h-captcha-response", "frc-captcha-*",
)  # fmt: skip
"""Names that are ignored in every deployment; `*` stands for anything."""


class IgnoredFields:
    """The names that a form may carry without meaning anything, in whatever case of letters."""

    def __init__(self, more: Collection[str] = ()) -> None:
        self._patterns = (*USUAL, *more)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and any(_pattern(one).match(name) for one in self._patterns)


@cache
def _pattern(name: str) -> re.Pattern[str]:
    literal = name.replace("[", "[[]").replace("?", "[?]")
    return re.compile(translate(literal), re.IGNORECASE)
