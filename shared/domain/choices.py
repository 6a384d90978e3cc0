"""The options of a question, as people read them and as the shop typed them.

An owner who types a space behind an option does not see it, and neither does anybody who chooses it.
"""

from shared.domain.model import Question
from shared.domain.texts import clean_line, comparable


def choices(question: Question) -> tuple[str, ...]:
    """The options in their order, as they are shown: clean, and each once."""
    shown = {comparable(one): clean_line(one) for one in reversed(question.options)}
    order = dict.fromkeys(comparable(one) for one in question.options)
    return tuple(shown[one] for one in order if one)


def chosen(question: Question, text: str) -> str | None:
    """The option that the text names, to the shop's own letter; None where it names none."""
    if text in question.options:
        return text
    wanted = comparable(text)
    return next((one for one in question.options if comparable(one) == wanted), None)
