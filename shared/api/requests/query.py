"""The query string of a request."""

import azure.functions as func

from shared.domain.texts import clean


def query(request: func.HttpRequest) -> dict[str, str]:
    """The parameters by name, their texts as people mean them.

    A link that was copied from the source of a page has `&amp;` between its parameters.
    """
    return {name.removeprefix("amp;"): clean(value) for name, value in request.params.items()}
