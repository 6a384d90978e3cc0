"""What the packaged app must do before it may be deployed: everything that a deployed facade does, once."""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from devtools.graph_emulator.client import ControlClient
from devtools.graph_emulator.default_seed import AGE_QUESTION, CATERED_BENTO, CONTOSO, MENU_TASTING
from devtools.package.driver import Answer, Worker

ALIAS = "contoso-lunch"
GONE = "gone"
"""An alias whose mailbox Graph does not know."""

SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105 (for the proof alone)
CLOSED_PORT = "https://127.0.0.1:9"

GRAPH_ERRORS = {
    400: (503, "upstream-refused", 1),
    404: (503, "upstream-refused", 1),
    409: (503, "upstream-unavailable", 1),
    500: (503, "not-booked", 2),
}
"""Graph's status -> the answer's status and code, and how often Graph says so: 500 is tried once more."""

Case = Callable[[Worker, ControlClient], Awaitable[None]]


class Unfit(Exception):
    """The packaged app did something else than it should."""


def expect(answer: Answer, status: int, /, **members: object) -> Answer:
    """The answer, if it has this status and these members; raises Unfit."""
    if answer.status != status:
        raise Unfit(f"expected {status}, got {answer.status}: {answer.body[-1500:]}")
    for name, value in members.items():
        if answer.document.get(name) != value:
            raise Unfit(f"expected {name} to be {value!r}: {answer.body[-1500:]}")
    return answer


def settings(control: ControlClient, **more: str) -> dict[str, str]:
    """The settings of an app that books at this emulator."""
    return {
        "BOOKING_BUSINESSES": json.dumps({ALIAS: CONTOSO, GONE: "nobody@contoso.com"}),
        "GRAPH_BASE_URL": control.graph_root,
        "BOOKING_SECRET": SECRET,
        "ALTCHA_HMAC_KEY": SECRET,
        **control.identity_environment,
        **more,
    }


def own_modules(folder: Path) -> Iterator[str]:
    """Every module of the app and of the SDK that the package's manifest names."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    for file in manifest["app"]:
        if file.endswith(".py"):
            yield file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    for each in manifest["distributions"]:
        yield from each.get("reached", ())


async def everything_loads(worker: Worker, folder: Path) -> None:
    """Whatever belongs to the app and to the SDK can be imported."""
    failed = (await worker.send({"load": list(own_modules(folder))}))["failed"]
    if failed:
        name, why = next(iter(failed.items()))
        raise Unfit(f"{len(failed)} modules cannot be imported, {name} first: {why}")


async def nothing_is_missed(worker: Worker, folder: Path) -> None:
    """Nobody asked so far for what the package leaves out as never loaded, in vain or not."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    seen = await worker.send({"modules": True})
    asked = manifest["neverLoaded"].keys() & {*seen["missed"], *seen["modules"]}
    if asked:
        raise Unfit(f"the app asked for what is left out as never loaded: {', '.join(sorted(asked))}")


async def every_page_opens(worker: Worker, _: ControlClient) -> None:
    """Every GET route without values of its own, and the business's, answers."""
    for each in worker.functions:
        route = each["route"] or ""
        if any(method.endswith("GET") for method in each["methods"]) and "{" not in route.replace(
            "{business}", ""
        ):
            answer = await worker.call(each["name"], url=f"/api/{route}", route={"business": ALIAS})
            server_error = 500
            if answer.status >= server_error and each["name"] != "ready":
                raise Unfit(f"{each['name']} answers {answer.status}: {answer.body}")


async def every_language_is_spoken(worker: Worker, _: ControlClient) -> None:
    """Services and times are shown in every language that the business's page has, in another region too."""
    found = expect(await worker.call("business", route={"business": ALIAS}), 200).document
    for language in found["languages"]:
        for query in ("step=services", f"step=days&service={MENU_TASTING}"):
            answer = await worker.call(
                "booking_page",
                url=f"/?lang={language}&{query}",
                route={"business": ALIAS},
                headers={"accept-language": f"{language}-CH"},
            )
            if f'lang="{language}"' not in expect(answer, 200).body:
                raise Unfit(f"the page is not in {language}: {answer.body[:500]}")


async def it_is_ready(worker: Worker, _: ControlClient) -> None:
    """The businesses that exist answer; the one that does not is told by the kind of its error."""
    checks = expect(await worker.call("ready"), 503, status="fail").document["checks"]
    seen = {name: check[0]["output"] for name, check in checks.items()}
    if (seen[f"graph:{ALIAS}"], seen["store"], seen[f"graph:{GONE}"]) != ("", "", "Unreachable"):
        raise Unfit(f"health/ready reports {seen}")


def booking(service: str, start: str, name: str) -> dict[str, Any]:
    """A booking of a seeded service."""
    answers = [{"questionId": AGE_QUESTION, "answer": "25"}] if service == CATERED_BENTO else []
    customer = {"name": name.title(), "email": f"{name}@contoso.com", "phone": "+12135550199"}
    return {
        "serviceId": service,
        "start": start,
        "timeZone": "America/Chicago",
        "customer": {**customer, "address": {"city": "Chicago", "countryOrRegion": "USA"}},
        "answers": answers,
    }


async def free_start(worker: Worker, service: str) -> str:
    """The last slot that is offered within a week from the day after tomorrow."""
    today = datetime.now(UTC).date()
    days = f"from={today + timedelta(days=2)}&to={today + timedelta(days=8)}"
    route = {"business": ALIAS, "serviceId": service}
    found = expect(await worker.call("slots", url=f"/?{days}", route=route), 200).document["slots"]
    if not found:
        raise Unfit("no slot is offered")
    start: str = found[-1]["start"]["utc"]
    return start


async def a_customer_books(worker: Worker, _: ControlClient) -> None:
    """A slot that is offered can be booked; the repeated request gets the same answer."""
    body = booking(MENU_TASTING, await free_start(worker, MENU_TASTING), "ann")
    first = expect(await worker.post("create_booking", body, business=ALIAS), 201, status="confirmed")
    again = expect(await worker.post("create_booking", body, business=ALIAS), 201)
    if again.body != first.body:
        raise Unfit("a repeated booking got another answer")


async def customers_join_a_group(worker: Worker, _: ControlClient) -> None:
    """Two customers share a slot, the second through the partner route."""
    start = await free_start(worker, CATERED_BENTO)
    expect(await worker.post("create_booking", booking(CATERED_BENTO, start, "bob"), business=ALIAS), 201)
    body = booking(CATERED_BENTO, start, "cleo")
    joined = expect(await worker.post("create_partner_booking", body, business=ALIAS), 201)
    if joined.document["seats"]["filled"] != 2:  # noqa: PLR2004 (the two of them)
        raise Unfit(f"two joined, but {joined.body}")


async def a_form_books(worker: Worker, _: ControlClient) -> None:
    """Both kinds of forms are read: refused for what they say, not for what they are."""
    boundary = "a-boundary"
    part = f'--{boundary}\r\nContent-Disposition: form-data; name="serviceId"\r\n\r\nx\r\n--{boundary}--\r\n'
    forms = {
        "application/x-www-form-urlencoded": "serviceId=x&customer.name=Ann",
        f"multipart/form-data; boundary={boundary}": part,
    }
    for kind, text in forms.items():
        headers, route = {"content-type": kind}, {"business": ALIAS}
        answer = await worker.call("create_booking", "POST", body=text, headers=headers, route=route)
        if answer.status not in {415, 422}:
            raise Unfit(f"a form of {kind} is answered with {answer.status}: {answer.body}")


async def a_partner_keeps_a_customer(worker: Worker, _: ControlClient) -> None:
    """A customer is created with addresses and phones."""
    body = {
        "displayName": "Dora Holt",
        "emailAddress": "dora@contoso.com",
        "addresses": [{"city": "Chicago", "countryOrRegion": "USA", "type": "home"}],
        "phones": [{"number": "+1 213 555 0123", "type": "mobile"}],
    }
    expect(await worker.post("create_partner_customer", body, business=ALIAS), 201)


async def graphs_errors_are_read(worker: Worker, control: ControlClient) -> None:
    """Each of Graph's errors is read and becomes one of the facade's own."""
    for status, (expected, code, times) in GRAPH_ERRORS.items():
        fault = {"operation": "appointments.create", "status": status, "count": times, "retryAfter": 60}
        await control.arm(fault)
        body = booking(MENU_TASTING, await free_start(worker, MENU_TASTING), f"e{status}")
        expect(await worker.post("create_booking", body, business=ALIAS), expected, code=code)


async def graphs_pause_is_told(worker: Worker, control: ControlClient) -> None:
    """Who meets Graph's 429 is told; the pause is the mailbox's, so that nothing of it works afterwards."""
    body = booking(MENU_TASTING, await free_start(worker, MENU_TASTING), "e429")
    fault = {"operation": "appointments.create", "status": 429, "count": 1, "retryAfter": 60}
    await control.arm(fault)
    expect(await worker.post("create_booking", body, business=ALIAS), 429, code="upstream-throttled")


async def an_unknown_business_is_refused(worker: Worker, _: ControlClient) -> None:
    """Problems are answered as problems."""
    expect(await worker.call("business", route={"business": "nobody"}), 404)
    expect(await worker.call("business", route={"business": GONE}), 503)


async def the_timer_runs(worker: Worker, _: ControlClient) -> None:
    """Every function on a timer runs."""
    for each in worker.functions:
        if each["route"] is None:
            expect(await worker.call(each["name"], timer=True), 200)


CASES: tuple[Case, ...] = (
    every_page_opens,
    every_language_is_spoken,
    it_is_ready,
    a_customer_books,
    customers_join_a_group,
    a_form_books,
    a_partner_keeps_a_customer,
    graphs_errors_are_read,
    an_unknown_business_is_refused,
    the_timer_runs,
    graphs_pause_is_told,
)


async def the_table_store_is_tried(worker: Worker) -> None:
    """With the store in Azure, everything is there to reach it: only the storage account is missing."""
    checks: Mapping[str, Any] = expect(await worker.call("ready"), 503).document["checks"]
    if checks["store"][0]["output"] != "StoreUnavailable":
        raise Unfit(f"without a storage account health/ready says {checks['store']}")
