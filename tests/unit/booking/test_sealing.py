"""Sealed texts, and who was seated, sealed."""

from shared.booking.create.seated import sealed, unsealed
from shared.booking.sealing import Sealer
from shared.domain.model import Attendee

PEOPLE = (Attendee("1", "Ann", "ann@contoso.com", source="raw"), Attendee(None, None, None))


def test_what_is_sealed_is_read_with_the_same_secret_alone() -> None:
    """Not with another one, nor where it is damaged."""
    text = Sealer(b"secret").seal("Ann is here")
    assert "Ann is" not in text
    assert text != Sealer(b"secret").seal("Ann is here")
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


def test_what_is_sealed_alike_is_the_same_each_time_and_opens_again() -> None:
    """An answer that is given twice has the same address; no other secret, and nothing bent, opens it."""
    sealer = Sealer(b"one")
    sealed = sealer.seal_alike("BK-00000000 zoë@contoso.com")
    assert sealed == sealer.seal_alike("BK-00000000 zoë@contoso.com")
    assert sealed != sealer.seal_alike("BK-00000001 zoë@contoso.com")
    assert sealed.replace("-", "").replace("_", "").isalnum()
    assert sealer.unseal(sealed) == "BK-00000000 zoë@contoso.com"
    assert Sealer(b"two").unseal(sealed) is None
    assert [sealer.unseal(bent) for bent in ("", "A", "ü", sealed[:-2], sealed + "AAAA")] == [None] * 5


def test_every_text_opens_again_whatever_letter_its_seal_ends_with() -> None:
    """Nothing but the padding is left out."""
    sealer = Sealer(b"one")
    texts = [f"BK-{n:05}" for n in range(400)]
    sealed = [sealer.seal_alike(text) for text in texts]
    assert len({one[-1] for one in sealed}) == 64
    assert [sealer.unseal(one) for one in sealed] == texts


def test_a_newer_facade_seals_alike_what_an_older_one_sealed() -> None:
    """An answer is given again for days, through updates, and its address has to stay the same."""
    older = "btTGgywtl5VbJbSgmqlI-wnIzZtodG8CD-JhMy_pRhfH3Af3cAtUXD2Jghtm_RzeaJmc"
    assert Sealer(b"one").seal_alike("BK-00000000") == older
