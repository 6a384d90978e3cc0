"""The board as a value: fair shares, turns, leases; never more than four places, and nobody forgotten."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.graph.board import (
    LEASE,
    PLACES,
    TURN,
    Board,
    Claim,
    fair_shares,
    read,
    revised,
    says_more,
    without,
)
from shared.graph.board import written as text_of

NAMES = "abcdefghij"


def claims(*wanted: int, settles: str = "") -> list[Claim]:
    """Claims of a, b, c... that want so many."""
    return [Claim(name, number, name in settles) for name, number in zip(NAMES, wanted, strict=False)]


@pytest.mark.parametrize(
    ("wanted", "shares"),
    [
        ((1,), (4,)),
        ((0,), (4,)),
        ((4, 4), (2, 2)),
        ((1, 4), (1, 3)),
        ((1, 1), (2, 2)),
        ((1, 0), (4, 0)),
        ((4, 4, 4), (2, 1, 1)),
        ((4, 1, 4), (2, 1, 1)),
        ((4, 4, 4, 4), (1, 1, 1, 1)),
        ((4,) * 10, (1, 1, 1, 1, 0, 0, 0, 0, 0, 0)),
    ],
)
def test_shares_are_fair(wanted: tuple[int, ...], shares: tuple[int, ...]) -> None:
    """In rounds, first come, first served; what is left over is kept ready by those at work."""
    assert tuple(fair_shares(claims(*wanted)).values()) == shares


def test_whoever_settles_has_one_place_however_many_others_want_them() -> None:
    """And one of those who settle is enough."""
    assert fair_shares(claims(4, 4, 4, 4, 4, 0, 0, settles="fg")) == {
        **dict.fromkeys("abcf", 1),
        **dict.fromkeys("deg", 0),
    }


def test_what_is_free_is_handed_on_by_whoever_writes() -> None:
    """Who gives back two places says whose they are."""
    full, _ = revised(Board(), Claim("a", 4), 0, 0.0)
    asked, usable = revised(full, Claim("b", 4), 0, 0.1)
    assert usable == 0
    shared, left = revised(asked, Claim("a", 4), 2, 0.2)
    assert left == 2
    assert [(one.worker, one.held) for one in shared.claims] == [("a", 2), ("b", 2)]


def test_what_graph_may_be_at_work_on_is_not_given_away() -> None:
    """The worker may begin no more, and keeps what is in use."""
    full, _ = revised(Board(), Claim("a", 4), 0, 0.0)
    asked, _ = revised(full, Claim("b", 4), 0, 0.1)
    kept, usable = revised(asked, Claim("a", 4), 4, 0.2)
    assert usable == 2
    assert [one.held for one in kept.claims] == [4, 0]


def full_house(turn_began: float = 0.0) -> Board:
    """Four that hold a place each, and a fifth that waits."""
    held = [Claim(name, 1, held=1, since=turn_began, until=99.0) for name in "abcd"]
    return Board((*held, Claim("e", 1, until=99.0)))


@pytest.mark.parametrize(("now", "has_e"), [(TURN - 0.01, 0), (TURN, 1)])
def test_a_place_is_handed_on_when_its_turn_is_over(now: float, has_e: int) -> None:
    """Not before; then whoever gave it goes to the end of the order."""
    board, usable = revised(full_house(), Claim("a", 1), 0, now)
    assert usable == 1 - has_e
    assert next(one.held for one in board.claims if one.worker == "e") == has_e
    assert (board.claims[-1].worker == "a") == bool(has_e)


def test_a_turn_that_nobody_waits_for_does_not_end() -> None:
    """Four workers keep their place each."""
    alone = Board(full_house().claims[:4])
    assert revised(alone, Claim("a", 1), 0, 10 * TURN)[1] == 1


def test_turns_do_not_pass_in_a_pause() -> None:
    """Nobody could use the place."""
    paused = Board(full_house().claims, paused_until=60.0)
    assert revised(paused, Claim("a", 1), 0, 10 * TURN)[1] == 1


def test_the_places_of_whoever_says_nothing_are_free_when_the_lease_is_over() -> None:
    """And not before."""
    board, _ = revised(Board(), Claim("a", 4), 0, 0.0)
    just_before, now = LEASE - 0.001, LEASE
    assert revised(board.at(just_before), Claim("b", 1), 0, just_before)[1] == 0
    assert revised(board.at(now), Claim("b", 1), 0, now)[1] == PLACES


def test_whoever_leaves_hands_on_what_it_had() -> None:
    """At once."""
    board, _ = revised(Board(), Claim("a", 4), 0, 0.0)
    board, _ = revised(board, Claim("b", 1), 0, 0.1)
    assert [(one.worker, one.held) for one in without(board, "a", 0.2).claims] == [("b", PLACES)]


def test_a_wish_that_changes_nobodys_share_is_not_worth_a_write() -> None:
    """One that does is; so is a lease that is half over, and a longer pause."""
    board, _ = revised(Board(), Claim("a", 1), 0, 0.0)
    board, _ = revised(board, Claim("b", 1), 0, 0.0)
    board, _ = revised(board, Claim("a", 1), 0, 0.0)
    for wanted, now, is_worth in (
        (2, 0.1, False),
        (3, 0.1, True),
        (1, 0.1, False),
        (2, LEASE / 2 + 0.1, True),
    ):
        new, _ = revised(board, Claim("a", wanted), 0, now)
        assert says_more(new, board, "a", now) is is_worth
    assert says_more(Board(board.claims, paused_until=1.0), board, "a", 0.1)
    assert says_more(without(board, "a", 0.1), board, "a", 0.1)


def test_a_board_is_read_as_it_was_written() -> None:
    """All of it."""
    board = Board((Claim("a", 3, True, 2, 1.5, 4.5), Claim("b")), 17.25)
    assert read(text_of(board)) == board


@pytest.mark.parametrize(
    "text", ["", "x", "{}", "[]", "null", '{"claims": [["a", 1, 2, 3, 4, 5, 6]], "pausedUntil": 0}']
)
def test_a_board_that_cannot_be_read_is_empty(text: str) -> None:
    """It is written anew; at worst a place is taken twice for a moment."""
    assert read(text) == Board()


STEPS = st.lists(
    st.tuples(
        st.sampled_from("abcdefg"),
        st.sampled_from(["revise", "leave"]),
        st.integers(0, 4),
        st.booleans(),
        st.integers(0, 4),
        st.floats(0.0, 1.0),
    ),
    max_size=60,
)


@settings(deadline=None)
@given(STEPS)
def test_never_are_more_than_four_places_held(steps: list[tuple[str, str, int, bool, int, float]]) -> None:
    """Whatever workers want and do, in any order; nobody uses more than it holds."""
    board, now = Board(), 0.0
    for worker, verb, wanted, settles, sent, passed in steps:
        now += passed
        board = board.at(now)
        before = board.claim(worker)
        held_before = 0 if before is None else before.held
        if verb == "leave":
            board = without(board, worker, now)
        else:
            board, usable = revised(board, Claim(worker, wanted, settles), min(sent, held_before), now)
            mine = board.claim(worker)
            assert mine is not None
            assert usable <= mine.held
            assert mine.held >= min(sent, held_before)
        assert sum(one.held for one in board.claims) <= PLACES


@settings(deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_everybody_has_a_turn(wanted: list[int], dice: object) -> None:
    """However many want places, each worker has one within a turn for each of them."""
    board, now, served = Board(), 0.0, set()
    names = [f"w{number}" for number in range(len(wanted))]
    while now < TURN * (len(names) + 2):
        order = list(names)
        dice.shuffle(order)  # type: ignore[attr-defined]
        for name in order:
            board, usable = revised(board.at(now), Claim(name, wanted[names.index(name)]), 0, now)
            if usable:
                served.add(name)
        now += 0.2
    assert served == set(names)
