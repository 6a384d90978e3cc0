"""From a problem to sentences beside the fields that it is about, in the visitor's language."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from shared.api.problems import FieldError, Problem
from shared.api.requests.forms import ANSWERS, Form
from shared.domain.model import Service
from shared.pages.texts import Texts

BLANK = frozenset({"missing", "string-too-short"})
CHOSEN_AGAIN = frozenset({"start", "staffId"})
"""What another time on offer would put right."""


@dataclass(frozen=True, slots=True)
class ErrorText:
    """One error as it is shown: the name of its field, empty for none, its code and a sentence."""

    field: str
    code: str
    text: str


def shown(t: Texts, problem: Problem, form: Form, service: Service | None) -> Sequence[ErrorText]:
    """Everything that the problem says; a problem without details says what it is."""
    errors = list(dict.fromkeys(_each(t, problem.errors, form, service)))
    if problem.code == "fields-invalid" and service is not None:
        errors += [one for one in _unanswered(t, form, service) if one not in errors]
    return errors or (ErrorText("", problem.code, t.code(problem.code)),)


def asks_for_another_time(problem: Problem, errors: Iterable[ErrorText]) -> bool:
    """Whether the time is what is in the way."""
    return problem.code == "slot-busy" or any(one.field in CHOSEN_AGAIN for one in errors)


def about_time(errors: Iterable[ErrorText]) -> Sequence[ErrorText]:
    """The same errors, those that another time would put right being about the time."""
    return [replace(one, field="start") if one.field in CHOSEN_AGAIN else one for one in errors]


def _each(t: Texts, errors: Iterable[FieldError], form: Form, service: Service | None) -> Iterable[ErrorText]:
    for error in errors:
        name = _name(error.pointer, form)
        if error.code == "answer-required" and service is not None:
            yield from _unanswered(t, form, service)
        else:
            yield ErrorText(name, error.code, _sentence(t, name, error))


def _unanswered(t: Texts, form: Form, service: Service) -> Iterable[ErrorText]:
    """The required questions without an answer; the rule that asks for them is judged only later."""
    for asked in service.questions:
        name = ANSWERS + asked.question.id
        if asked.is_required and not form[name].strip():
            yield ErrorText(name, "answer-required", t.code("answer-required"))


def _sentence(t: Texts, name: str, error: FieldError) -> str:
    if error.code in BLANK:
        return t("code.missing")
    if error.code == "value-error" and name == "customer.email":
        return t("code.email")
    return t.code(error.code, "code.fields-invalid")


def _name(pointer: str, form: Form) -> str:
    """The form's name for what a JSON pointer leads to."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    if len(parts) > 1 and parts[0] == "answers" and parts[1].isdecimal():
        ids = list(form.answers)
        index = int(parts[1])
        return ANSWERS + ids[index] if index < len(ids) else ""
    return ".".join(parts)
