"""What is kept of a learner's way through the course."""

import json
import math
from pathlib import Path
from typing import NoReturn

import pytest
import toy
from toy import HALFWAY, NO_BETTER, FakeBench

from perflab import files
from perflab.course.lab import Lab
from perflab.judge.rule import Outcome
from perflab.report import progress, store
from perflab.report.progress import Prediction, Progress, Standing


def kept(lab: Lab) -> Path:
    return lab.results(".progress.json")


# Solved.


def test_a_lab_never_run_is_open(lab: Lab) -> None:
    assert progress.load(lab) == Progress()
    assert progress.load(lab).state == "open"


def test_a_lab_once_solved_stays_solved(lab: Lab) -> None:
    progress.note_run(toy.run(lab))
    progress.note_run(toy.run(lab, FakeBench(NO_BETTER)))
    read = progress.load(lab)
    assert (read.state, [one.outcome for one in read.attempts]) == ("solved", ["solved", "not yet"])


def test_solved_survives_a_course_that_measures_otherwise(lab: Lab) -> None:
    progress.note_run(toy.run(lab))
    store.save(toy.run(lab))
    newer = lab.model_copy(update={"metrics": (*lab.metrics, toy.metric("failed"))})
    assert store.outcome(newer) is None
    assert progress.load(newer).state == "solved"


def test_what_a_newer_course_has_written_is_read_and_kept(lab: Lab) -> None:
    progress.note_run(toy.run(lab))
    data = json.loads(kept(lab).read_text())
    data["attempts"][0]["outcome"] = "splendid"
    data["medal"] = "gold"
    files.write(kept(lab), json.dumps(data))
    progress.note_run(toy.run(lab, FakeBench(NO_BETTER)))
    assert progress.load(lab).state == "solved"
    assert json.loads(kept(lab).read_text())["medal"] == "gold"


@pytest.mark.parametrize("step", ["write_bytes", "replace"])
def test_an_interrupted_write_leaves_progress_as_it_was(lab: Lab, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    progress.note_run(toy.run(lab))

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    later = toy.run(lab, FakeBench(NO_BETTER))
    with monkeypatch.context() as patch:
        patch.setattr(Path, step, interrupt)
        with pytest.raises(KeyboardInterrupt):
            progress.note_run(later)
    assert len(progress.load(lab).attempts) == 1


def test_files_of_unknown_labs_harm_nothing(tmp_path: Path) -> None:
    course = toy.course(tmp_path)
    progress.note_run(toy.run(course.by_name("stuck_toy")))
    files.write(tmp_path / "results" / "forgotten_toy.progress.json", "{")
    assert [lab.name for lab, _ in Standing(course).solved] == ["stuck_toy"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"attempts": 3}'])
def test_what_cannot_be_read_is_put_aside_and_the_record_tells(lab: Lab, text: str) -> None:
    store.save(toy.run(lab))
    files.write(kept(lab), text)
    assert progress.load(lab).state == "solved"
    progress.note_run(toy.run(lab, FakeBench(NO_BETTER)))
    assert progress.load(lab).state == "solved"
    assert kept(lab).with_name("stuck_toy.progress.json.1.backup").read_text() == text


def test_only_forgetting_takes_solved_back(lab: Lab) -> None:
    progress.note_run(toy.run(lab))
    store.save(toy.run(lab))
    assert progress.forget(lab)
    assert progress.load(lab).state == "open"
    assert json.loads(kept(lab).with_name("stuck_toy.progress.json.1.backup").read_text())["solved"]
    assert not progress.forget(lab)


def test_forgetting_takes_back_what_only_the_record_tells(lab: Lab) -> None:
    store.save(toy.run(lab))
    assert progress.forget(lab)
    assert progress.load(lab).state == "open"


# Attempts and stars.


@pytest.mark.parametrize(
    ("bench", "best"), [(FakeBench(), 1.0), (FakeBench(HALFWAY), 0.5), (FakeBench(overrides=[]), None)]
)
def test_an_attempt_has_the_share_of_the_gap_that_it_closed(lab: Lab, bench: FakeBench, best: float | None) -> None:
    progress.note_run(toy.run(lab, bench))
    assert progress.load(lab).best == (best and pytest.approx(best))


@pytest.mark.parametrize("way", toy.WAYS)
def test_every_way_to_end_is_an_attempt(lab: Lab, way: str) -> None:
    progress.note_run(toy.ending(lab, way))
    assert progress.load(lab).state == toy.WAYS[way]


def test_the_second_star_is_for_solving_without_the_last_hint(lab: Lab) -> None:
    progress.note_hint(lab, len(lab.hints))
    progress.note_run(toy.run(lab))
    assert progress.load(lab).stars == (True, False, False)


def test_a_hint_read_after_solving_costs_no_star(lab: Lab) -> None:
    progress.note_run(toy.run(lab))
    progress.note_hint(lab, len(lab.hints))
    progress.note_run(toy.run(lab))
    assert progress.load(lab).stars == (True, True, False)


def test_an_earlier_hint_read_again_takes_no_later_one_back(lab: Lab) -> None:
    for number in (3, 1):
        progress.note_hint(lab, number)
    assert progress.hints_had(lab) == 3


# Predictions.


@pytest.mark.parametrize(
    ("predicted", "measured", "said", "star"),
    [
        (10, 120, "12 times too low", False),
        (300, 150, "2 times too high", True),
        (300, 145, "2.1 times too high", False),
        (100, 103, "as measured", True),
        (0, 100, "2,000 times too low", False),
        (1, 0, "20 times too high", False),
        (0, 0, "as measured", True),
        (-5, 100, "2,000 times too low", False),
    ],
)
def test_a_prediction_says_how_far_off_it_was(
    lab: Lab, predicted: float, measured: float, said: str, star: bool
) -> None:
    one = progress.note_prediction(lab, predicted, measured)
    assert one and one.in_words() == said
    assert progress.load(lab).stars == (False, False, star)


def test_the_first_prediction_counts(lab: Lab) -> None:
    progress.note_prediction(lab, 10, 120)
    one = progress.note_prediction(lab, 120, 121)
    assert one and one.predicted == "10.0 ms"


@pytest.mark.parametrize("figure", [math.nan, math.inf])
def test_where_nothing_was_measured_no_prediction_is_kept(lab: Lab, figure: float) -> None:
    assert progress.note_prediction(lab, 10, figure) is None
    assert progress.note_prediction(lab, figure, 10) is None


def test_the_calibration_is_said_in_a_sentence(tmp_path: Path) -> None:
    course = toy.course(tmp_path)
    assert Standing(course).calibration() == "No prediction is measured yet."
    progress.note_prediction(course.by_name("stuck_toy"), 10, 120)
    assert (
        Standing(course).calibration() == "0 of 1 prediction within a factor of two. Furthest off: 12 times, in lab 01."
    )
    later = Progress(prediction=Prediction(at="2999", label="", predicted="", measured="", ratio=2.0))
    files.write(kept(course.by_name("shipped_toy")), later.model_dump_json())
    assert Standing(course).calibration() == (
        "1 of 2 predictions within a factor of two. Furthest off: 12 times, in lab 01. "
        "The last, in lab 03: 2 times too high."
    )


def test_a_lab_that_cannot_run_here_is_not_what_to_do_next(tmp_path: Path) -> None:
    course = toy.course(tmp_path)
    progress.note_run(toy.ending(course.by_name("stuck_toy"), "cannot run"))
    assert Standing(course).labs[0][1].state == Outcome.SKIPPED
    assert "Begin lab 03" in Standing(course).next_step()
