"""What others say of the API's description."""

import json

from tests.support.generated_clients import DESCRIPTION, HERE, run


def test_redocly_finds_nothing(node: str) -> None:
    """Neither an error nor a warning by its recommended rules."""
    assert json.loads(run(node, HERE / "lint.mjs", DESCRIPTION, folder=HERE)) == []
