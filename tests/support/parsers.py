"""Everything that reads what callers send, each with the shapes of input that could keep it busy."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import azure.functions as func

from shared.api.admission.altcha_check import payload_of
from shared.api.admission.rate_limits import origin
from shared.api.requests.bodies import BookingBody, ChallengeQuery, GraphCustomer, SlotsQuery
from shared.api.requests.booking_request import checked_key, start_of
from shared.api.requests.fields import validated
from shared.api.requests.forms import read_form
from shared.api.requests.negotiation import prefers_html
from shared.api.requests.return_address import return_address, with_query
from shared.api.requests.submission import check_bounds, media_type, read_json, strict_json
from shared.api.responses.model import cacheable
from shared.domain.zones import iana_zone
from shared.pages.languages import chosen
from shared.pages.page_request import PageRequest
from shared.platform.hashes import Hasher
from tests.support.hostile_bodies import BOUNDARY, FORMS, JSON, MULTIPARTS, TEXTS, Shape

FORM = "application/x-www-form-urlencoded"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
ORIGINS = ("https://www.contoso.com",)


@dataclass(frozen=True, slots=True)
class Parser:
    """What reads one text, and the texts to give it."""

    read: Callable[[str], object]
    shapes: Mapping[str, Shape]


def asked(body: str = "", url: str = "http://facade/api/v1", **headers: str) -> func.HttpRequest:
    """A request with this body, and headers whose hyphens are written as underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    route = {"business": "contoso-lunch"}
    sent = body.encode("utf-8", "surrogatepass")
    return func.HttpRequest("POST", url, headers=named, route_params=route, body=sent)


def _model(text: str) -> object:
    return validated(BookingBody, strict_json(text.encode("utf-8", "surrogatepass")))


def _customer(member: str) -> Callable[[str], object]:
    return lambda text: validated(BookingBody, {"customer": {member: text}})


def _graph_customer(text: str) -> object:
    phone, address = {"number": text}, {"type": text, "city": text}
    return validated(GraphCustomer, {"emailAddress": text, "phones": [phone], "addresses": [address]})


def _page(text: str) -> object:
    given = dict.fromkeys(("lang", "theme", "embed", "timeZone", "returnUrl", "service", "month"), text)
    return PageRequest.of(asked(), given).link()


PARSERS: Mapping[str, Parser] = {
    "JSON": Parser(lambda text: strict_json(text.encode("utf-8", "surrogatepass")), JSON),
    "JSON against the model": Parser(_model, JSON),
    "form": Parser(lambda text: read_form(asked(text, content_type=FORM)).value(), FORMS),
    "multipart": Parser(lambda text: read_form(asked(text, content_type=MULTIPART)).value(), MULTIPARTS),
    "form against the model": Parser(
        lambda text: validated(BookingBody, read_form(asked(text, content_type=FORM)).value()), FORMS
    ),
    "e-mail address": Parser(_customer("email"), TEXTS),
    "telephone": Parser(_customer("phone"), TEXTS),
    "name": Parser(_customer("name"), TEXTS),
    "Graph's customer": Parser(_graph_customer, TEXTS),
    "member's name": Parser(lambda text: validated(BookingBody, {text: 1}), TEXTS),
    "service id": Parser(lambda text: validated(BookingBody, {"serviceId": text}), TEXTS),
    "start": Parser(lambda text: start_of(text, None), TEXTS),
    "dates": Parser(lambda text: validated(SlotsQuery, {"from": text, "to": text, "explain": text}), TEXTS),
    "challenge's query": Parser(
        lambda text: validated(ChallengeQuery, {"serviceId": text, "start": text}), TEXTS
    ),
    "time zone": Parser(iana_zone, TEXTS),
    "return address": Parser(lambda text: return_address("https://" + text, ORIGINS), TEXTS),
    "return address's query": Parser(
        lambda text: with_query(f"https://a.example/?{text}", {"a": "b"}), FORMS
    ),
    "page's query": Parser(_page, TEXTS),
    "language": Parser(lambda text: chosen(text, ""), TEXTS),
    "Accept-Language": Parser(lambda text: chosen("", text), TEXTS),
    "Accept": Parser(prefers_html, TEXTS),
    "Content-Type": Parser(lambda text: media_type(asked(content_type=text)), TEXTS),
    "Content-Type of JSON": Parser(lambda text: read_json(asked(content_type=text)), TEXTS),
    "Content-Type of a form": Parser(
        lambda text: read_form(asked(content_type="multipart/form-data;" + text)), TEXTS
    ),
    "If-None-Match": Parser(lambda text: cacheable(asked(if_none_match=text), "{}"), TEXTS),
    "X-Forwarded-For": Parser(lambda text: origin(asked(x_forwarded_for=text)), TEXTS),
    "Idempotency-Key": Parser(checked_key, TEXTS),
    "booking token": Parser(lambda text: Hasher(b"secret").key_of(text, "BK-00000000"), TEXTS),
    "solution": Parser(payload_of, TEXTS),
    "solution, decoded": Parser(
        lambda text: payload_of(b64encode(text.encode("utf-8", "surrogatepass")).decode()), JSON
    ),
    "Host": Parser(lambda text: check_bounds(asked(url=f"http://{text}/api")), TEXTS),
    "Content-Length": Parser(lambda text: check_bounds(asked(content_length=text)), TEXTS),
    "target": Parser(lambda text: check_bounds(asked(url=f"http://facade/{text}")), TEXTS),
}
"""By what is read; nothing of a request is read that is not here (cookies are never looked at)."""
