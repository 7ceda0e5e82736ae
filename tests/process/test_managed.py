"""A process of a run: the limits that its tree has, and the end of them all."""

import re
import sys
import threading

import pytest

from perflab.process import managed
from perflab.process.managed import Process
from perflab.process.supervisor import Limits


@pytest.mark.parametrize(("cores", "processes", "memory_mib"), [(1, 64, 3072), (8, 64, 3072), (24, 192, 9216)])
def test_limits_follow_the_machine(
    monkeypatch: pytest.MonkeyPatch, cores: int, processes: int, memory_mib: int
) -> None:
    """A worker for each core, each with a pool of its own, is a good fix on any machine."""
    monkeypatch.setattr(managed, "cores", lambda: cores)
    assert managed.limits_here() == Limits(processes, memory_mib, Limits().output_mib)


@pytest.mark.live
def test_notable_lines_are_kept_for_longer_than_others() -> None:
    printing = "print('noted'); [print('line', number) for number in range(500)]; print('not noted')"
    with Process([sys.executable, "-c", printing], notable=re.compile("noted")) as process:
        process.wait_ended(30)
    assert "noted" not in process.output
    assert list(process.noted) == ["noted"]


@pytest.mark.live
def test_stop_all_ends_what_a_thread_waits_for_and_leaves_what_stops_in_order() -> None:
    sleeps = [sys.executable, "-c", "import time; time.sleep(60)"]
    with Process(sleeps) as one, Process(sleeps, stops_in_order=True) as other:
        heard: list[str | None] = []
        waiting = threading.Thread(target=lambda: heard.append(one.wait_for(lambda line: True, 30)))
        waiting.start()
        managed.stop_all()
        waiting.join(10)
        assert heard == [None]
        assert (one.ended, other.ended) == (True, False)
    managed.stop_all()  # there is nothing left to end
    assert other.ended
