"""What the doctor says about other programs, and about the instrument."""

import math

import pytest

from perflab.course import syllabus
from perflab.judge.errors import SideError
from perflab.learner import doctor, terminal
from perflab.learner.doctor import Noise, Reading
from perflab.measure import machine


@pytest.mark.parametrize(
    ("noise", "fine", "said"),
    [
        (Noise(1.0, 0.02), True, "quiet: other programs use 0.0 cores"),
        (Noise(1.0, 1.1), False, "noisy: other programs use 1.1 cores"),
        (Noise(0.7, 0.1), False, "only 70% of a core"),
    ],
)
def test_other_programs_make_a_machine_noisy(noise: Noise, fine: bool, said: str) -> None:
    finding = doctor.of_noise(noise)
    assert finding.fine is fine
    assert said in finding.said


def test_a_look_at_the_noise_is_a_share_of_one_core_and_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LOOK_S", 0.05)
    granted, others_cores = doctor.noise()
    assert 0 < granted < 1.2
    assert others_cores >= 0


@pytest.mark.parametrize(
    ("quick_ms", "stalled_ms", "fine"),
    [(1.5, 245.0, True), (2.9, 260.0, True), (4.0, 240.0, False), (1.5, 200.0, False)],
)
def test_the_instrument_must_read_what_was_scripted(quick_ms: float, stalled_ms: float, fine: bool) -> None:
    finding = doctor.of_instrument(Reading(quick_ms, 1.0, stalled_ms, 240.0, 0.1))
    assert finding.fine is fine
    assert f"a wait of 240 ms as {stalled_ms:.0f} ms, adds {quick_ms - 1:.1f} ms" in finding.said


def test_a_lab_without_its_shared_memory_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "free_shared_memory_mib", lambda: 64.0)
    monkeypatch.setattr(doctor, "noise", lambda: Noise(1.0, 0.0))
    monkeypatch.setattr(doctor, "read", lambda course: Reading(1.0, 1.0, 240.0, 240.0, 0.1))
    said = [finding.said for finding in doctor.findings(syllabus.load()) if not finding.fine]
    assert any("cannot run here. It needs 192 MiB of shared memory, and /dev/shm has 64 free." in one for one in said)


@pytest.mark.load
def test_the_instrument_sees_a_scripted_stall_for_what_it_is() -> None:
    reading = doctor.read(syllabus.load())
    assert reading.stalled_ms == pytest.approx(reading.truth_ms, rel=0.25)
    assert reading.quick_ms < reading.stalled_ms / 4


def test_a_finding_prints_as_a_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "findings", lambda course: [doctor.Finding(True, "quiet"), doctor.Finding(False, "no")])
    monkeypatch.setattr(doctor, "cores", lambda: math.inf)
    assert doctor.report(terminal.console(), syllabus.load()) == 0
    assert capsys.readouterr().out == "  ✓ quiet\n  ! no\n"


def test_a_server_that_does_not_start_is_a_finding_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> Reading:
        raise SideError("reference", "It did nothing for 10 s.", [])

    monkeypatch.setattr(doctor, "LOOK_S", 0.05)
    monkeypatch.setattr(doctor, "read", broken)
    *_, last = doctor.findings(syllabus.load())
    assert not last.fine
    assert last.said == "the instrument cannot be checked: It did nothing for 10 s."
