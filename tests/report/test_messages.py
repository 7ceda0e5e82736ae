"""What a result means, in sentences."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import toy
from toy import FAST, FakeBench

from perflab.course.lab import Lab, Side
from perflab.measure.samples import Conditions, Frame, Profile
from perflab.report import messages


@pytest.mark.parametrize("way", toy.WAYS)
def test_every_way_a_run_can_end_has_a_sentence_and_a_next_step(lab: Lab, way: str) -> None:
    said = messages.explain(toy.ending(lab, way))
    for text in (said.sentence, said.next_step):
        assert text.lstrip("`")[0].isupper() or text.startswith("`make ")
        assert text.rstrip("`").endswith((".", "?"))
        assert "None" not in text
        assert "nan" not in text


@pytest.mark.parametrize(
    ("way", "sentence"),
    [
        ("untouched", "Nothing is changed yet in labs/01_stuck_toy/fix.py."),
        ("broken", "Your fix does not serve. It ended with exit code 1 before it could serve."),
        ("wrong", "Your fix answers /ping differently from the slow site. Fast and wrong is wrong."),
        (
            "wrong under load",
            "Your fix answers /ping differently from the slow site when it is busy. Fast and wrong is wrong.",
        ),
        (
            "not yet",
            "On p99 of /ping, your fix closes 50% of the gap between slow and reference; 70% of it would do.",
        ),
        (
            "not at all",
            "On p99 of /ping, your fix closes nothing of the gap between slow and reference; 70% of it would do.",
        ),
        ("fast, but otherwise", "One process answers, and there are 4 cores."),
        ("violation", "While slow was driven, your fix used 80% of a core, which slow then lacked."),
        ("the course is changed", "The course's own app/server.py was changed while it was measured."),
        ("solved", "Of the gap between slow and reference, your fix closes all of it on p99 of /ping."),
        (
            "wavering",
            "On p99 of /ping, your fix closes nothing of the gap between slow and reference; 70% of it would do.",
        ),
        ("nothing shows", "The bottleneck did not show, so nothing could be judged."),
        (
            "tired",
            "The bottleneck did not show, so nothing could be judged: "
            "the load generator used 97% of a core while it drove slow.",
        ),
        (
            "ours is broken",
            "The slow side itself did not serve. It ended with exit code 1 while it was being measured.",
        ),
    ],
)
def test_the_sentence_says_what_was_found(lab: Lab, way: str, sentence: str) -> None:
    assert messages.explain(toy.ending(lab, way)).sentence == sentence


@pytest.mark.parametrize(
    ("way", "step"),
    [
        ("untouched", "`make start-01`"),
        ("untouched", "`make hint-01`"),
        ("broken", "`make lab-01`"),
        ("not yet", "The toy moves, and slowly. `make hint-01` has the next hint."),
        ("not at all", "The toy still stands. `make hint-01` has the next hint."),
        ("fast, but otherwise", "Nobody waits for a toy. `make hint-01` has the next hint."),
        ("solved", "solutions/01_stuck_toy"),
        ("solved", "below `lab.verify()`"),
        ("nothing shows", "`make doctor`"),
        ("ours is broken", "`make doctor`"),
        ("cannot run", "`make doctor`"),
    ],
)
def test_the_next_step_is_one_that_can_be_taken(lab: Lab, way: str, step: str) -> None:
    assert step in messages.explain(toy.ending(lab, way)).next_step


def test_both_answers_are_shown_where_they_differ(lab: Lab) -> None:
    assert messages.explain(toy.ending(lab, "wrong")).details == [
        "expected  200 application/json  same",
        "got       200 application/json  other",
    ]


def test_a_fix_that_fails_shows_its_error_below_the_answers(lab: Lab) -> None:
    result = toy.ending(lab, "wrong")
    assert result.difference
    result.difference = replace(result.difference, got="500 text/plain  Internal Server Error", error=["OSError: no"])
    said = messages.explain(result)
    assert said.sentence == "Your fix fails when it is asked for /ping. The error is its own."
    assert said.details[1:] == ["got       500 text/plain  Internal Server Error", "", "OSError: no"]


def test_a_broken_fix_shows_its_traceback(lab: Lab) -> None:
    assert messages.explain(toy.ending(lab, "broken")).details[-1] == "NameError: name 'toy' is not defined"


@pytest.mark.parametrize(
    ("closed", "said"),
    [
        (-3.0, "nothing"),
        (0.0, "nothing"),
        (0.009, "nothing"),
        (0.01, "1%"),
        (0.5, "50%"),
        (1.0, "all"),
        (1.7, "all"),
        (math.nan, "an unknown part"),
    ],
)
def test_a_share_of_the_gap_is_written_as_people_say_it(closed: float, said: str) -> None:
    assert messages.share(closed) == said


def test_a_share_short_of_the_goal_does_not_read_as_the_goal(lab: Lab) -> None:
    yours_ms = 100.0 ** (1 - 0.697)
    said = messages.explain(toy.run(lab, FakeBench({**FAST, "yours": yours_ms})))
    assert "closes 70% of the gap between slow and reference; 70% of it would do" not in said.sentence


@pytest.mark.parametrize(("failed", "advice"), [(10, "Toys are still lost."), (4, "Fewer toys are lost, but some.")])
def test_the_advice_is_for_the_metric_that_is_not_solved(tmp_path: Path, failed: int, advice: str) -> None:
    bench = FakeBench(failed={"slow": 10, "yours": failed}, incident_s=1.5)
    said = messages.explain(toy.run(toy.full_lab(tmp_path), bench))
    assert said.sentence.startswith("On toys lost in a delivery, your fix closes ")
    assert said.next_step == f"{advice} `make hint-03` has the next hint."


@pytest.mark.parametrize(
    ("type_name", "tolerance", "said"),
    [
        pytest.param("latency_ms_p95", 2.5, "at most 2.5 times the slow side's", id="a factor"),
        pytest.param("responses_per_s", 2.5, "at least 40% of the slow side's", id="a factor, and more is better"),
        pytest.param("wait_ms_p95", 600, "at most 600 ms more than on the slow side", id="a difference"),
        pytest.param("failed", 5, "at most 5 more than on the slow side", id="a count"),
        pytest.param("failed", 0.5, "no more than on the slow side", id="not one"),
        pytest.param("outside_share", 5, "at most 5 % less than on the slow side", id="a share, and more is better"),
    ],
)
def test_how_much_worse_a_figure_may_be_is_said_with_its_amount(type_name: str, tolerance: float, said: str) -> None:
    assert messages.kept(toy.metric(type_name, min_effect=None, tolerance=tolerance)) == said


def test_a_solved_lab_says_how_far_on_each_metric(tmp_path: Path) -> None:
    bench = FakeBench({**FAST, "yours": 2.0}, failed={"slow": 10}, incident_s=1.5)
    assert messages.explain(toy.run(toy.full_lab(tmp_path), bench)).sentence == (
        "Of the gap between slow and reference, your fix closes 84% of it on p99 of /ping, "
        "all of it on toys lost in a delivery."
    )


def test_a_metric_that_never_showed_is_the_reason_given(tmp_path: Path) -> None:
    lab = toy.full_lab(tmp_path)
    latency, failed = lab.metrics
    result = toy.run(lab.model_copy(update={"metrics": (latency, latency, failed)}))
    assert messages.explain(result).sentence == "The bottleneck did not show, so nothing could be judged."


@pytest.mark.parametrize(("cores", "said"), [(0.1, False), (1.6, True)])
def test_what_other_programs_took_is_named_where_it_was_much(lab: Lab, cores: float, said: bool) -> None:
    busy = Conditions(0.3, 0.0, others_cores=cores)
    result = toy.run(
        lab, FakeBench({"slow": 1.0, "yours": 1.0, "reference": 1.0}, conditions={"slow": busy, "yours": busy})
    )
    assert ("other programs kept 1.6 cores busy meanwhile" in messages.explain(result).sentence) is said


def test_the_learners_files_are_named_from_the_top_of_the_course(tmp_path: Path) -> None:
    lab = toy.full_lab(tmp_path)
    assert messages.file_names(lab) == "labs/03_shipped_toy/fix.py and labs/03_shipped_toy/gunicorn.conf.py"


def test_a_lab_still_to_come_is_announced(tmp_path: Path) -> None:
    lab = toy.course(tmp_path).by_name("toy_to_come")
    assert messages.to_come(lab) == "Lab 2, 'The toy nobody has made yet', is still to come."


@pytest.mark.parametrize(("way", "sides"), [("solved", 3), ("untouched", 2)])
def test_the_table_has_a_figure_for_each_side(lab: Lab, way: str, sides: int) -> None:
    rows = list(messages.figures(toy.ending(lab, way)))
    assert {len(values) for _, values in rows} == {sides}
    assert [label for label, _ in rows][:2] == ["answers per second", "p50 of /ping, ms"]


def test_the_table_counts_rejections_only_where_there_are_some(lab: Lab) -> None:
    label = "of these, rejected with Retry-After"
    result = toy.run(lab)
    assert label not in dict(messages.figures(result))
    for round in result.rounds:
        round.samples["yours"] = toy.samples(rejected=7)
    assert dict(messages.figures(result))[label] == ["0", "7", "0"]


def test_the_table_has_no_times_where_most_requests_fail(lab: Lab) -> None:
    result = toy.run(lab)
    for round in result.rounds:
        round.samples = {side: toy.samples([1.0] * 9, failed=10) for side in round.samples}
    assert [label for label, _ in messages.figures(result)][:2] == ["answers per second", "failed requests"]


def test_the_table_shows_medians_in_their_metric_types_digits(lab: Lab) -> None:
    result = toy.run(lab, FakeBench({"slow": 1234.5, "yours": 2.0, "reference": 1.0}))
    assert dict(messages.figures(result))["p99 of /ping, ms"] == ["1,234.5", "2.0", "1.0"]


def test_a_figure_that_was_not_measured_is_a_dash(lab: Lab) -> None:
    result = toy.run(lab)
    for round in result.rounds:
        round.samples["slow"].until = None
    assert dict(messages.figures(result))["memory under load, MiB"] == ["–", "60", "60"]


def test_a_figure_unknown_for_every_side_has_no_row(lab: Lab) -> None:
    result = toy.run(lab)
    for samples in (samples for round in result.rounds for samples in round.samples.values()):
        samples.until = None
    assert "memory under load, MiB" not in dict(messages.figures(result))


def test_latencies_have_autocannons_columns() -> None:
    heading, slow = messages.latencies({"slow": toy.samples([1.0] * 98 + [50.0, 100.0])}, "/ping")
    assert heading.split() == ["ms", "2.5%", "50%", "97.5%", "99%", "average", "stdev", "max"]
    assert slow.split() == ["slow", "1.0", "1.0", "1.0", "50.0", "2.5", "10.9", "100.0"]


@pytest.mark.parametrize(("by", "said"), [("py-spy", "from outside"), ("pyinstrument", "no threads")])
def test_a_profile_names_the_profiler_and_what_it_cannot_see(by: str, said: str) -> None:
    text = messages.profiler(Profile(by, {(Frame("posts", "fix.py", True),): 7}))
    assert text.startswith(f"7 samples by {by}, ")
    assert said in text


# A rejection: the true reason may be one header.


def rejecting(lab: Lab, may_reject: bool, got: str) -> messages.Message:
    result = toy.ending(lab.model_copy(update={"may_reject": may_reject}), "wrong")
    assert result.difference
    result.difference = replace(result.difference, got=got, under_load=True)
    return messages.explain(result)


@pytest.mark.parametrize("status", [429, 503])
def test_a_rejection_without_retry_after_is_told_what_it_lacks(lab: Lab, status: int) -> None:
    said = rejecting(lab, True, f"{status} application/json  {{}}")
    assert said.sentence == "Your fix rejects /ping when it is busy, and does not say when to try again."
    assert "`Retry-After`" in said.next_step


def test_a_rejection_where_everything_is_to_be_served_says_so(lab: Lab) -> None:
    said = rejecting(lab, False, "503 text/plain  busy")
    assert said.sentence == "Your fix rejects /ping when it is busy, and the slow site serves it."
    assert "differently" not in said.sentence


def test_another_status_is_another_answer(lab: Lab) -> None:
    assert "differently" in rejecting(lab, True, "404 application/json  {}").sentence


@pytest.mark.parametrize(
    ("latency_ms", "noise", "said"),
    [
        (
            {**FAST, "yours": 0.1},
            0.0,
            "On p99 of /ping it beats our fix, by more than chance: 0.1 ms, where ours has 1.0 ms.",
        ),
        ({**FAST, "yours": 0.9}, 0.5, None),
        (FAST, 0.0, None),
    ],
)
def test_a_fix_beats_ours_only_by_more_than_chance(
    lab: Lab, latency_ms: dict[Side, float], noise: float, said: str | None
) -> None:
    sentence = messages.explain(toy.run(lab, FakeBench(latency_ms, noise=noise))).sentence
    assert sentence.endswith(said) if said else "beats" not in sentence


def test_a_server_that_is_told_to_stop_has_no_speeds_in_its_table(full_lab: Lab) -> None:
    stopped = full_lab.model_copy(update={"incident": full_lab.incident.model_copy(update={"kind": "terminate"})})
    rows = [label for label, _ in messages.figures(toy.run(stopped, FakeBench(failed={"slow": 9})))]
    assert "failed requests" in rows
    assert not [label for label in rows if "second" in label or label.startswith("p9")]
