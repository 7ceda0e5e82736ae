"""A process of a run: the limits that its tree has."""

import pytest

from perflab.process import managed
from perflab.process.supervisor import Limits


@pytest.mark.parametrize(("cores", "processes", "memory_mib"), [(1, 64, 3072), (8, 64, 3072), (24, 192, 9216)])
def test_limits_follow_the_machine(
    monkeypatch: pytest.MonkeyPatch, cores: int, processes: int, memory_mib: int
) -> None:
    """A worker for each core, each with a pool of its own, is a good fix on any machine."""
    monkeypatch.setattr(managed, "cores", lambda: cores)
    assert managed.limits_here() == Limits(processes, memory_mib, Limits().output_mib)
