"""The customers of an appointment as Graph takes them: dropped, made up, or refused without a word."""

from devtools.graph_emulator.catalogue import CUSTOMERS, add_entity
from devtools.graph_emulator.errors import GraphError, unknown_error
from devtools.graph_emulator.exchange import Json
from devtools.graph_emulator.schema import plain
from devtools.graph_emulator.templates import CUSTOMER_INFORMATION, QUESTION_ANSWER, whole_location
from devtools.graph_emulator.wire import base64_guid
from devtools.graph_emulator.world import Call

_METADATA = ("questionId", "question", "answerInputType", "isRequired")


def require_types(call: Call, given: Json) -> None:
    """Every element of `customers` says its `@odata.type`, or the request fails."""
    if any(not str(each.get("@odata.type", "")).strip("#") for each in given.get("customers", ())):
        status = call.switches.odata_type_status
        if status >= 500:  # noqa: PLR2004 - the server's own errors
            raise unknown_error()
        raise GraphError(status, "BadRequest", "A customer needs its '@odata.type'.")


def take_customers(call: Call, service: Json, given: list[Json]) -> list[Json]:
    """The customers that are stored.

    Where more than one may attend, whoever is no bookingCustomer of this business is dropped silently. Where
    one may attend, an unknown id fails and no id makes a new bookingCustomer (or, by switch, an invented id).
    """
    group = int(service["maximumAttendeesCount"]) > 1
    taken = (_take(call, each, group=group) for each in given)
    return [customer for customer in taken if customer is not None]


def _take(call: Call, given: Json, *, group: bool) -> Json | None:
    customer_id = _known_id(call, given.get("customerId"))
    if customer_id is not None:
        return _information(call, given, customer_id, new=False)
    if group and call.switches.drop_unknown_customers:
        return None
    if given.get("customerId"):
        raise unknown_error()
    return _information(call, given, _new_id(call, given), new=True)


def _known_id(call: Call, value: str | None) -> str | None:
    key = (base64_guid(value) or value.lower()) if value else ""
    return key if call.business.customers.get(key) is not None else None


def _new_id(call: Call, given: Json) -> str:
    if call.switches.customer_without_id == "synthetic":
        return call.world.tenant.new_guid("synthetic customer")
    phone = given.get("phone")
    person = {
        "displayName": given.get("name") or "",
        "emailAddress": given.get("emailAddress"),
        "phones": [{"number": phone, "type": "mobile"}] if phone else [],
    }
    return str(add_entity(call, CUSTOMERS, person)["id"])


def _information(call: Call, given: Json, customer_id: str, *, new: bool) -> Json:
    kept: Json = plain(given)
    answers = [{**QUESTION_ANSWER, **each} for each in kept.get("customQuestionAnswers", ())]
    stored = {**CUSTOMER_INFORMATION, **kept, "customerId": customer_id, "customQuestionAnswers": answers}
    stored["location"] = whole_location(stored["location"])
    if not new and call.switches.notes_with_existing_customer == "dropped":
        stored["notes"] = None
    return stored


def check_answers(call: Call, service: Json, customers: list[Json], *, whole: bool) -> None:
    """Answers carry their question's metadata; with `whole`, every required question has one."""
    for customer in customers:
        answers = customer.get("customQuestionAnswers", [])
        if not all(_is_complete(call, answer) for answer in answers):
            raise unknown_error()
        if whole and not _required(service) <= {answer["questionId"].lower() for answer in answers}:
            raise unknown_error()


def _required(service: Json) -> set[str]:
    return {each["questionId"].lower() for each in service["customQuestions"] if each.get("isRequired")}


def _is_complete(call: Call, answer: Json) -> bool:
    if any(answer.get(name) is None for name in _METADATA):
        return False
    if call.business.questions.get(answer["questionId"].lower()) is None:
        return False
    if answer["answerInputType"] == "radioButton":
        return bool(answer.get("answerOptions")) and bool(
            answer.get("selectedOptions") or not answer["isRequired"]
        )
    return bool(answer.get("answer")) or not answer["isRequired"]
