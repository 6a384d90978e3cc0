"""Progress is for people who watch a terminal, and leaves nothing behind."""

import io

import pytest

from devtools.progress import ERASED, Progress


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_each_step_and_is_clean_afterwards() -> None:
    """One line, written anew with every step, gone at the end."""
    terminal = Terminal()
    with Progress("booked", 1200, terminal) as progress:
        progress.step()
        progress.step()
    assert terminal.getvalue().split(ERASED) == [
        "", "booked 0 of 1,200", "booked 1 of 1,200", "booked 2 of 1,200", "",
    ]  # fmt: skip


def test_a_failure_leaves_no_line_either() -> None:
    """What is written next begins on a clean line."""
    terminal = Terminal()
    with pytest.raises(ZeroDivisionError), Progress("booked", 2, terminal):
        raise ZeroDivisionError
    assert terminal.getvalue().endswith(ERASED)


def test_a_file_gets_nothing() -> None:
    """Logs hold no half lines."""
    file = io.StringIO()
    with Progress("booked", 2, file) as progress:
        progress.step()
    assert file.getvalue() == ""
