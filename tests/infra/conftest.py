"""The desk of the scripts' tests."""

from pathlib import Path

import pytest

from tests.infra.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Fakes on the path, az signed in to the right subscription."""
    return Desk(tmp_path).prepare()
