"""Keyed hashes and booking tokens."""

from shared.platform.hashes import Hasher

HASHER = Hasher(b"k" * 32)
KEY = HASHER.name("key", "a")


def test_names_do_not_run_into_each_other() -> None:
    """Parts are kept apart: ("ab", "c") is not ("a", "bc"), and no purpose is another."""
    names = {HASHER.name("x", "ab", "c"), HASHER.name("x", "a", "bc"), HASHER.name("xa", "b", "c")}
    assert len(names) == 3


def test_another_secret_gives_other_names() -> None:
    """Without the secret nobody can guess addresses from what is stored."""
    assert Hasher(b"l" * 32).name("email", "a@b.c") != HASHER.name("email", "a@b.c")


def test_a_token_opens_its_own_booking_only() -> None:
    """The same request gives the same token; another reference, another secret or a changed token do not."""
    token = HASHER.token(KEY, "BK-1")

    assert HASHER.token(KEY, "BK-1") == token
    assert HASHER.key_of(token, "BK-1") == KEY
    assert HASHER.key_of(token, "BK-2") is None
    assert Hasher(b"l" * 32).key_of(token, "BK-1") is None
    assert HASHER.key_of(token[:-2] + ("AA" if token[-2:] != "AA" else "BB"), "BK-1") is None


def test_a_token_proves_more_than_128_bits() -> None:
    """192 bits of proof besides the place of the record."""
    assert len(HASHER.token(KEY, "BK-1")) * 6 >= 256 + 192


def test_what_is_no_token_opens_nothing() -> None:
    """Text from a URL may be anything."""
    for text in ("", "x", "=" * 80, "ä" * 75, "A" * 10_000, "A" * 75):
        assert HASHER.key_of(text, "BK-1") is None
