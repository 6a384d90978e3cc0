"""The page's files: smaller than they are written, and the same."""

import pytest

from shared.pages.assets import PACKED, TYPES, asset, lean, style_address, styled

SHEET = """
/* What it is. */
a :is(b, i), p:not(.x) {
  margin: calc(50% - 1rem) 0; /* why */
}
@media (min-width: 42rem) { a { color: red; } }
"""


def test_a_sheet_means_the_same_in_fewer_bytes() -> None:
    """A space before a colon, or around a minus, means something and stays."""
    assert lean(SHEET, "text/css") == (
        "a :is(b,i),p:not(.x){margin:calc(50% - 1rem) 0}@media (min-width:42rem){a{color:red}}"
    )


def test_a_script_keeps_its_lines() -> None:
    """What ends a statement may be the end of its line; what looks like a comment may be an address."""
    assert lean("\n  // why\n  let a = 1\n\n  go('https://x')  // here\n", "text/javascript") == (
        "let a = 1\ngo('https://x')  // here"
    )


@pytest.mark.parametrize("name", sorted(TYPES.keys() - PACKED))
def test_no_file_has_anything_for_its_readers(name: str) -> None:
    """Neither comments on lines of their own nor indentation."""
    lines = asset(name).body.decode().splitlines()
    assert not any(line.startswith(("//", "/*", " ")) for line in lines)


def test_each_colour_has_its_own_sheet_and_address() -> None:
    """The colour comes last, so that it wins; without one the usual sheet is served."""
    assert styled(None) == asset("book.css")
    assert styled("8a2be2").body.startswith(asset("book.css").body)
    assert style_address("8a2be2") != style_address(None)
    assert style_address("8a2be2").endswith(f"v={styled('8a2be2').version}&color=8a2be2")
