"""The viewer of the reference page is the package's, as it was fetched, with its licence."""

from hashlib import sha256

import pytest

from devtools.viewer import KEPT, SOURCES, kept


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_the_files_are_those_of_the_package(name: str) -> None:
    """Nobody has edited them; `python -m devtools.viewer` writes them anew."""
    assert sha256(kept(name)).hexdigest() == KEPT[name]
