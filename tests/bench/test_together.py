"""Calls that are made at the same time."""

import threading

import pytest

from perflab.bench.together import at_once


def test_each_call_has_begun_before_any_has_ended() -> None:
    barrier = threading.Barrier(3)
    at_once([lambda: barrier.wait(5) and None] * 3)
    assert not barrier.broken


def test_one_call_is_made_in_this_thread_where_ctrl_c_ends_it() -> None:
    made: list[threading.Thread] = []
    at_once([lambda: made.append(threading.current_thread())] * 3)
    assert len(made) == 3 and threading.current_thread() in made


@pytest.mark.parametrize("at", [0, 2])
def test_what_a_call_raises_is_raised_here(at: int) -> None:
    def make(number: int) -> None:
        if number == at:
            raise RuntimeError("a fault")

    with pytest.raises(RuntimeError, match="a fault"):
        at_once([lambda number=number: make(number) for number in range(3)])
