"""Templates: everything is escaped, nothing may be missing, and compiled ones are those of the sources."""

from pathlib import Path

import pytest
from jinja2 import DictLoader, ModuleLoader, UndefinedError

from shared.pages.rendering import SOURCES, compile_templates, environment, templates

EVIL = "<b>\"'&"


def test_values_are_escaped_in_text_and_attributes() -> None:
    """Whatever a business or a visitor writes is text."""
    made = environment(DictLoader({"t": '<p title="{{ v }}"{{ {"a": v} | xmlattr }}>{{ v }}</p>'}))
    shown = made.get_template("t").render(v=EVIL)
    assert EVIL not in shown
    assert shown.count("&lt;b&gt;&#34;&#39;&amp;") == 3


def test_a_name_that_nobody_gave_is_an_error() -> None:
    """A page with a hole in it is no page."""
    with pytest.raises(UndefinedError):
        environment(DictLoader({"t": "{{ nobody }}"})).get_template("t").render()


def test_every_template_can_be_compiled_ahead(tmp_path: Path) -> None:
    """The package's modules are found by the loader that looks for them, under the templates' names."""
    compile_templates(tmp_path)
    compiled = environment(ModuleLoader(tmp_path))
    names = [path.name for path in SOURCES.glob("*.html")]
    assert len(names) > 5
    for name in names:
        assert compiled.get_template(name).name == name
        assert templates().get_template(name).name == name


def test_no_template_writes_markup_past_the_escaping() -> None:
    """`safe` has no place in a template."""
    for path in SOURCES.glob("*.html"):
        assert "safe" not in path.read_text("utf-8"), path.name
