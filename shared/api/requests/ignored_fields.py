"""Fields of forms that have nothing to do with a booking: what browsers, advertising and builders add."""

import re
from collections.abc import Collection
from fnmatch import translate
from functools import cache

ADVERTISING = """
    utm_* gclid gclsrc gad_* gbraid wbraid dclid fbclid fbc fbp _fbc _fbp _gcl_* msclkid ttclid
    twclid li_fat_id yclid epik igshid srsltid sccid rdt_cid irclickid mc_cid mc_eid mkt_tok _ga _gl
    ga_* _hs* __hs* hs_context hsa_* hsCtaTracking hubspotutk pk_* mtm_* matomo_* s_cid s_kwcid
    ef_id cmpid trk sessionid referrer referer landing_page
"""
"""What advertising and newsletters carry through links into hidden fields."""

BROWSERS = """
    x y *.x *.y *.dir _charset_ utf8 submit* *submit button* *button btn* send commit book booknow
    save next continue ok go op action MAX_FILE_SIZE isindex
"""
"""Image buttons, named buttons, the direction of a text, the name of a charset."""

BUILDERS = """
    _gotcha $* _honey* honeypot* bot-field botcheck b_*_* form-name form_name form_id form_build_id
    form_key form_token formid access_key accessKey redirect redirect_to _next _subject _template
    _captcha _autoresponse _replyto _redirect _cc _format _url _webhook _blacklist _method _token
    _csrf csrf* xsrf* authenticity_token csrfmiddlewaretoken __RequestVerificationToken __VIEWSTATE*
    __EVENT* _wp* wpcf7* wpforms* gform_* is_submit_* frm_* forminator_* et_pb_* wsf_* _fluentform_*
    __fluent* ninja_* contact-form-* post_id queried_id referer_title hp hp_* hp-* ak_*
    g-recaptcha-* recaptcha* h-captcha-response frc-captcha-* captcha*
"""
"""What form builders add: honeypots, tokens, captchas, and settings of their own."""

USUAL = (*ADVERTISING.split(), *BROWSERS.split(), *BUILDERS.split())
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
