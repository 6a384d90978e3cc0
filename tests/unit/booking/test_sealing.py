"""Sealed texts, and who was seated, sealed."""

from shared.booking.create.seated import sealed, unsealed
from shared.booking.sealing import Sealer
from shared.domain.model import Attendee

PEOPLE = (Attendee("1", "Ann", "ann@contoso.com", source="raw"), Attendee(None, None, None))


def test_what_is_sealed_is_read_with_the_same_secret_alone() -> None:
    """Not with another one, nor where it is damaged."""
    text = Sealer(b"secret").seal("Ann is here")
    assert "Ann" not in text
    assert Sealer(b"secret").unseal(text) == "Ann is here"
    assert Sealer(b"other").unseal(text) is None
    assert Sealer(b"secret").unseal(text[:-4]) is None
    assert Sealer(b"secret").unseal("") is None


def test_everybody_comes_back_as_they_were() -> None:
    """With what the gateway read them from."""
    sealer = Sealer(b"secret")
    text = sealed(PEOPLE, sealer)
    assert text is not None
    assert "contoso" not in text
    found = unsealed(text, sealer)
    assert found == PEOPLE
    assert [one.source for one in found] == ["raw", None]


def test_nobody_needs_no_seal() -> None:
    """And what cannot be read is nobody."""
    sealer = Sealer(b"secret")
    assert sealed((), sealer) is None
    assert unsealed(None, sealer) == ()
    assert unsealed(sealed(PEOPLE, sealer), Sealer(b"other")) == ()
