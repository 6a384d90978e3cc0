"""Rules about what was asked for: the service, the staff member named and the answers.

Every name in monospace that begins a docstring is the rule's stable code.
"""

from collections.abc import Callable

from shared.domain.errors import Violation
from shared.domain.model import AskedQuestion
from shared.domain.roster import ACTIVE
from shared.domain.rules.context import RuleContext
from shared.domain.texts import chosen

LONGEST_ANSWER = 4000
"""Characters."""

LONGEST_NOTE = 2_000
"""Characters of what one customer tells the staff."""

LONGEST_NOTES = 20_000
"""Characters of all that an appointment's notes for the staff hold: one note for each of many seats."""

AROUND_A_NOTE, AROUND_A_LINE = 300, 4
"""The most characters that stand around a note (mark, name, telephone extension) and around its lines."""


def hidden_service(context: RuleContext) -> Violation | None:
    """`service-hidden`: a service that is hidden from customers cannot be booked.

    The public is told "no such service" even earlier, so that nobody learns that it exists.
    Example: a service "Staff training" with isHiddenFromCustomers is refused whenever it is asked for.
    Source: bookingService, isHiddenFromCustomers.
    """
    if not context.request.service.is_hidden_from_customers:
        return None
    return Violation("service-hidden", "This service is not offered to customers.", "/serviceId")


def staffed_service(context: RuleContext) -> Violation | None:
    """`service-without-staff`: a new appointment needs a service with at least one active staff member.

    Example: a service whose only staff member has not accepted the invitation cannot be booked.
    Source: bookingService, staffMemberIds; an appointment without staff would block nobody's calendar.
    """
    if context.calendar.roster or context.joinable:
        return None
    return Violation("service-without-staff", "Nobody offers this service at present.", "/serviceId")


def staff_selection(context: RuleContext) -> Violation | None:
    """`staff-selection-not-allowed`: a staff member is named only where allowStaffSelection is true.

    Example: with false, a booking without staffId is made with whoever is free; one that names Ann
    is refused even if she is free.
    Source: Business rules, allow staff selection.
    """
    if context.request.staff_id is None or context.calendar.policy.allow_staff_selection:
        return None
    return Violation("staff-selection-not-allowed", "A staff member cannot be chosen.", "/staffId")


def staff_of_service(context: RuleContext) -> Violation | None:
    """`staff-not-of-service`: the staff member named is one of the service's.

    Example: Ann gives massages only; a haircut with Ann is refused.
    Source: bookingService, staffMemberIds.
    """
    if (
        context.request.staff_id is None
        or context.request.staff_id in context.request.service.staff_member_ids
    ):
        return None
    return Violation("staff-not-of-service", "This staff member does not give this service.", "/staffId")


def staff_membership(context: RuleContext) -> Violation | None:
    """`staff-not-active`: the staff member named belongs to the business and is active there.

    Example: Ann was invited and has not accepted yet (pendingAcceptance), so she cannot be booked.
    Source: bookingStaffMember, membershipStatus.
    """
    if context.request.staff_id is None:
        return None
    person = context.calendar.catalogue.staff.get(context.request.staff_id)
    if person is not None and person.membership_status == ACTIVE:
        return None
    return Violation("staff-not-active", "This staff member cannot be booked.", "/staffId")


def required_answers(context: RuleContext) -> Violation | None:
    """`answer-required`: every required question of the service has an answer that is not blank.

    Example: "What is your age" is required; a booking without it, or with "  ", is refused.
    Source: bookingService, customQuestions, isRequired.
    """
    answers = context.request.answers
    if answers is None:
        return None
    asked = context.request.service.questions
    missing = [q.question for q in asked if q.is_required and not answers.get(q.question.id, "").strip()]
    if not missing:
        return None
    names = ", ".join(question.id for question in missing)
    return Violation("answer-required", f"These questions must be answered: {names}.", "/answers")


def known_questions(context: RuleContext) -> Violation | None:
    """`question-unknown`: every answer belongs to a question that the service asks.

    Example: an answer to a question of another service is refused, not dropped.
    Source: bookingService, customQuestions.
    """
    at = _first_answer(context, lambda asked, _: asked is None)
    return (
        None if at is None else Violation("question-unknown", "This service does not ask this question.", at)
    )


def answer_options(context: RuleContext) -> Violation | None:
    """`answer-not-an-option`: a radioButton question is answered with one of its options, to the letter.

    Spaces and what nobody sees make no difference. A question that is not required may be left blank.
    Example: with the options "Vegan" and "Other", "vegan" is refused.
    Source: bookingCustomQuestion, answerInputType and answerOptions.
    """
    at = _first_answer(context, _no_option)
    return (
        None
        if at is None
        else Violation("answer-not-an-option", "The answer is not one of the question's options.", at)
    )


def answer_length(context: RuleContext) -> Violation | None:
    """`answer-too-long`: an answer has at most 4,000 characters.

    Example: a pasted page of 5,000 characters is refused before Graph could answer it with a 500.
    Source: a limit of this service; Graph documents none.
    """
    at = _first_answer(context, lambda _, text: len(text) > LONGEST_ANSWER)
    return (
        None
        if at is None
        else Violation("answer-too-long", f"An answer has at most {LONGEST_ANSWER} characters.", at)
    )


def given_consent(context: RuleContext) -> Violation | None:
    """`consent-required`: whoever is asked for consent gives it, where the shop asks for it.

    Example: a shop asks its customers to agree to its privacy policy; on our page, a booking without the
    tick is refused. Forms of others and apps need none, unless the deployment demands it of all.
    Source: bookingPageSettings, isCustomerConsentEnabled.
    """
    asks = context.calendar.catalogue.business.page.asks_consent
    if not asks or context.request.consent is not False:
        return None
    return Violation("consent-required", "This shop books only with the customer's consent.", "/consent")


def note_length(context: RuleContext) -> Violation | None:
    """`note-too-long`: a note to the staff has at most 2,000 characters.

    Example: a pasted page of 2,500 characters is refused rather than cut.
    Source: a limit of this service; Graph documents none.
    """
    if len(context.request.note or "") <= LONGEST_NOTE:
        return None
    return Violation("note-too-long", f"A note has at most {LONGEST_NOTE} characters.", "/customer/notes")


def note_room(context: RuleContext) -> Violation | None:
    """`notes-full`: all notes of an appointment have at most 20,000 characters together.

    Example: the twelfth customer of a course who writes 2,000 characters cannot join with that note; with
    a shorter one, or without, they can.
    Source: a limit of this service; Graph documents none.
    """
    joined = context.join_target
    note = context.request.note
    if note is None or joined is None:
        return None
    longest = AROUND_A_NOTE + len(note) + AROUND_A_LINE * len(note.splitlines())
    if len(joined.service_notes or "") + longest <= LONGEST_NOTES:
        return None
    detail = "There is no room for a note of this length beside those of the others."
    return Violation("notes-full", detail, "/customer/notes", conflict=True)


def _no_option(asked: AskedQuestion | None, text: str) -> bool:
    if asked is None or asked.question.answer_input_type != "radioButton" or not text.strip():
        return False
    return chosen(asked.question, text) is None


def _first_answer(context: RuleContext, is_wrong: Callable[[AskedQuestion | None, str], bool]) -> str | None:
    """The JSON pointer of the first answer that is wrong, in the order in which they were given."""
    if not context.request.answers:
        return None
    asked = {q.question.id: q for q in context.request.service.questions}
    for index, (question_id, text) in enumerate(context.request.answers.items()):
        if is_wrong(asked.get(question_id), text):
            return f"/answers/{index}"
    return None
