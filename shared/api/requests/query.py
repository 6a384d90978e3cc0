"""The query string of a request."""

import azure.functions as func

from shared.domain.texts import clean


def query(request: func.HttpRequest) -> dict[str, str]:
    """The parameters by name, their texts as people mean them."""
    return {name: clean(value) for name, value in request.params.items()}
