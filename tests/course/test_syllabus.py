"""The course as declared: what is derived, and what an error says."""

import math
import re
from pathlib import Path
from random import Random

import pytest
import toy
from pydantic import ValidationError

from perflab.course import lab, syllabus, templates
from perflab.course.syllabus import SyllabusError
from perflab.measure import metrics

# What a lab derives from its name and place.


def test_labs_are_numbered_by_their_place(tmp_path: Path) -> None:
    labs = toy.course(tmp_path).labs
    assert [(lab.number, lab.name) for lab in labs] == [(1, "stuck_toy"), (2, "toy_to_come"), (3, "shipped_toy")]


def test_a_lab_without_measures_is_still_to_come(tmp_path: Path) -> None:
    assert [lab.name for lab in toy.course(tmp_path).ready] == ["stuck_toy", "shipped_toy"]


def test_paths_are_derived_from_name_and_place(tmp_path: Path) -> None:
    lab = toy.full_lab(tmp_path)
    derived = [lab.folder, lab.solution, lab.scenario(None), lab.slow_source, lab.notebook, lab.results(".json")]
    assert [path.relative_to(tmp_path).as_posix() for path in derived] == [
        "labs/03_shipped_toy",
        "solutions/03_shipped_toy",
        "labs/03_shipped_toy/locustfile.py",
        "app/parts/shipped_toy.py",
        "notebooks/03_shipped_toy.ipynb",
        "results/shipped_toy.json",
    ]


def test_results_are_kept_by_name_so_that_renumbering_strands_nobody(tmp_path: Path) -> None:
    first = toy.full_lab(tmp_path / "one").results(".json")
    moved = toy.SYLLABUS.replace('labs = ["stuck_toy", "toy_to_come"]', 'labs = ["toy_to_come"]')
    toy.write_course(tmp_path / "two", re.sub(r"(?s)\[stuck_toy\].*(?=\[toy_to_come\])", "", moved))
    lab = syllabus.load(tmp_path / "two").by_name("shipped_toy")
    assert (lab.number, lab.results(".json").name) == (2, first.name)


def test_the_slow_side_has_no_fix_and_the_others_have_a_file_each(tmp_path: Path) -> None:
    lab = toy.plain_lab(tmp_path)
    assert lab.fix("slow") is None
    assert lab.fix("yours") == lab.folder / "fix.py"
    assert lab.fix("reference") == lab.solution / "fix.py"


def test_the_fix_of_a_lab_with_several_files_is_their_folder(tmp_path: Path) -> None:
    lab = toy.full_lab(tmp_path)
    assert lab.fix("yours") == lab.folder
    assert lab.fix("reference") == lab.solution


def test_tempting_fixes_lie_beside_the_solution(tmp_path: Path) -> None:
    assert [path.name for path in toy.plain_lab(tmp_path).tempting()] == ["tempting_paint.py"]


def test_a_shipped_fix_only_passes_on_what_the_slow_part_names(tmp_path: Path) -> None:
    shipped = templates.shipped(toy.plain_lab(tmp_path), "fix.py")
    assert shipped.startswith('"""Lab 1: Why does everyone wait for one toy?\n')
    assert shipped.endswith('\nfrom app.parts.stuck_toy import router\n\n__all__ = ["router"]\n')


@pytest.mark.parametrize("file", ["fix.py", "gunicorn.conf.py"])
def test_shipped_files_are_python(tmp_path: Path, file: str) -> None:
    compile(templates.shipped(toy.full_lab(tmp_path), file), file, "exec")


def test_the_work_starts_from_the_slow_source(tmp_path: Path) -> None:
    lab = toy.full_lab(tmp_path)
    assert templates.started(lab, "fix.py") == toy.SLOW_PART
    assert templates.started(lab, "gunicorn.conf.py") == templates.shipped(lab, "gunicorn.conf.py")


def test_the_work_starts_from_the_settings_of_the_slow_side(tmp_path: Path) -> None:
    """Where gunicorn runs it as shipped."""
    lab = toy.full_lab(tmp_path)
    lab.own_gunicorn.write_text("workers = 2\n")
    assert templates.started(lab, "gunicorn.conf.py") == "workers = 2\n"
    shipped = templates.shipped(lab, "gunicorn.conf.py")
    compile(shipped, "gunicorn.conf.py", "exec")
    assert "gunicorn runs the site as shipped. `make start-03` copies" in shipped


@pytest.mark.parametrize(("number", "name"), [(1, "stuck_toy"), (3, "shipped_toy"), (4, None), (0, None)])
def test_a_lab_is_found_by_its_number(tmp_path: Path, number: int, name: str | None) -> None:
    lab = toy.course(tmp_path).by_number(number)
    assert (lab and lab.name) == name


def test_a_name_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(
        SyllabusError, match=r"No lab is named 'toy'\. There are: stuck_toy, toy_to_come, shipped_toy\."
    ):
        toy.course(tmp_path).by_name("toy")


@pytest.mark.parametrize(
    ("counts", "labels"), [(True, ["p99 of /ping", "copied through pipes"]), (False, ["p99 of /ping"])]
)
def test_a_metric_that_the_system_does_not_count_is_left_out(tmp_path: Path, monkeypatch, counts, labels) -> None:
    monkeypatch.setattr(metrics, "counts_io", lambda: counts)
    plain = toy.plain_lab(tmp_path)
    both = (*plain.metrics, toy.metric("piped_mib_per_request"))
    assert [metric.label for metric in lab.Lab.model_validate({**dict(plain), "metrics": both}).metrics] == labels


# Measures.


@pytest.mark.parametrize(
    ("metric", "label"),
    [
        (toy.metric("latency_ms_p99", request="/ping"), "p99 of /ping"),
        (toy.metric("responses_per_s"), "answers"),
        (toy.metric("failed", request="/ping", label="lost pings"), "lost pings"),
    ],
)
def test_a_measure_is_called_as_declared_or_after_its_kind(metric: lab.Metric, label: str) -> None:
    assert metric.label == label


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("latency_ms_p99", 1234.56, "1,234.6 ms"),
        ("responses_per_s", 412.4, "412 /s"),
        ("failed", 7.0, "7"),
        ("cpu_ms_per_request", 0.256, "0.26 ms"),
    ],
)
def test_a_figure_reads_with_its_unit(kind: str, value: float, words: str) -> None:
    assert toy.metric(kind).in_words(value) == words


def test_a_measure_before_the_incident_leaves_out_what_came_after() -> None:
    round = toy.samples([1.0] * 10 + [500.0] * 10, seconds=2.0, incident_s=1.5)
    assert toy.metric("latency_ms_p99", before_incident=True).figure(round) == 1.0
    assert toy.metric("latency_ms_p99").figure(round) == 500.0


def test_memory_is_measured_up_to_the_incident_anyhow_and_need_not_be_told_to() -> None:
    with pytest.raises(ValueError, match="up to the incident anyhow"):
        toy.metric("rss_kib_per_request", before_incident=True)


def test_pictures_are_about_the_first_latency_or_else_the_first_measure(tmp_path: Path) -> None:
    lab = toy.full_lab(tmp_path)
    latency, failed = lab.metrics
    assert lab.model_copy(update={"metrics": (failed, latency)}).shown is latency
    assert lab.model_copy(update={"metrics": (failed,)}).shown is failed


# What an error says: the lab, the key and the remedy.


def declared(keys: str = "", metric: str = "", parts: str = '[[parts]]\ntitle = "One"\nlabs = ["kite"]') -> str:
    """A course of one lab, with some keys more."""
    return (
        f"{parts}\n"
        '[kite]\ntitle = "A kite"\nquestion = "Why does it not fly?"\nnode_counterpart = "A balloon"\n'
        f"{keys}\n"
        '[[kite.metrics]]\ntype = "failed"\nadvice_none = "It lies."\nadvice_partial = "It hops."\n'
        f"{metric or 'min_effect = 2'}\n"
    )


def error_of(tmp_path: Path, text: str) -> str:
    toy.write_syllabus(tmp_path, text)
    with pytest.raises(SyllabusError) as caught:
        syllabus.load(tmp_path)
    return str(caught.value)


def test_what_the_errors_below_change_is_a_sound_syllabus(tmp_path: Path) -> None:
    toy.write_course(tmp_path, declared())
    assert [lab.name for lab in syllabus.load(tmp_path).ready] == ["kite"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            declared().replace('title = "A kite"\n', ""),
            "Lab 'kite': the key 'title' is missing. Add it in labs/01_kite/lab.toml.",
            id="a missing key",
        ),
        pytest.param(
            declared().replace('advice_none = "It lies."\n', ""),
            "Lab 'kite': the key 'metrics.0.advice_none' is missing. Add it in labs/01_kite/lab.toml.",
            id="a missing key of a metric",
        ),
        pytest.param(
            declared(parts='[[parts]]\ntitle = "One"\nlabs = ["kite", "box"]'),
            "Lab 'box' has no labs/02_box/lab.toml. `python -m perflab new box` writes one.",
            id="a lab without a declaration",
        ),
        pytest.param(
            declared(parts='[[parts]]\ntitle = "One"\nlabs = ["kite", "kite"]'),
            "labs/course.toml names 'kite' twice. Remove one of them.",
            id="a lab named twice",
        ),
    ],
)
def test_an_error_names_the_lab_the_key_and_the_remedy(tmp_path: Path, text: str, said: str) -> None:
    assert error_of(tmp_path, text) == said


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param(declared("colour = 3"), ["'kite'", "'colour'", "is not a key", "hints"], id="an unknown key"),
        pytest.param(
            declared(metric="min_effect = 2\ncolour = 3"),
            ["'kite'", "'metrics.0.colour'", "is not a key", "advice_partial", "type", "label"],
            id="an unknown key of a metric, answered with a metric's keys",
        ),
        pytest.param(
            declared('incident = { kind = "reload", at_s = 1, colour = 3 }'),
            ["'kite'", "'incident.colour'", "is not a key", "at_s"],
            id="an unknown key of an incident, answered with an incident's keys",
        ),
        pytest.param(
            declared('incident = { kind = "hang", at_s = 1 }'),
            ["'kite'", "'incident'", "A hang needs a 'target'"],
            id="a hang of nothing",
        ),
        pytest.param(
            declared('incident = { kind = "reload", at_s = 0.1 }'),
            ["'kite'", "after 0.5 s"],
            id="an incident too early",
        ),
        pytest.param(
            declared('incident = { kind = "reload", at_s = 9 }'), ["'kite'", "before the 2.0 s"], id="and one too late"
        ),
        pytest.param(
            declared("proxy = { keep_alive_s = 60, delay_ms = 75, colour = 3 }"),
            ["'kite'", "'proxy.colour'", "is not a key", "delay_ms"],
            id="an unknown key of a proxy, answered with a proxy's keys",
        ),
        pytest.param(declared('checks = ["outlasts_proxy"]'), ["'kite'", "needs a 'proxy'"], id="no proxy to outlast"),
        pytest.param(declared("number = 7"), ["'kite'", "'number'", "is not a key"], id="a number, which is derived"),
        pytest.param(declared("part = 1"), ["'kite'", "'part'", "is not a key"], id="a part, which is derived"),
        pytest.param(declared('name = "x"'), ["'kite'", "'name'", "is not a key"], id="a name, which is derived"),
        pytest.param(declared('root = "/"'), ["'kite'", "'root'", "is not a key"], id="a root, which is derived"),
        pytest.param(declared('minutes = "long"'), ["'kite'", "'minutes'", "'long'", "integer"], id="a wrong type"),
        pytest.param(declared('hints = "Think"'), ["'kite'", "'hints'", "'Think'", "tuple"], id="a text for a list"),
        pytest.param(declared("seconds = 0"), ["'kite'", "'seconds'", "0", "greater than 0"], id="no time at all"),
        pytest.param(
            declared(metric="min_effect = 2\ngoal = 70"), ["'kite'", "'metrics.0.goal'", "70"], id="a goal in per cent"
        ),
        pytest.param(
            declared().replace('"failed"', '"speed"'),
            ["'kite'", "'metrics.0.type'", "'speed'", "latency_ms_p99", "failed", "labs/01_kite/lab.toml"],
            id="an unknown type of metric",
        ),
        pytest.param(
            declared('checks = ["it_flies"]'), ["'kite'", "'checks.0'", "a_worker_per_core"], id="an unknown check"
        ),
        pytest.param(declared('chart = "oil"'), ["'kite'", "'chart'", "'oil'", "'spans'"], id="an unknown chart"),
        pytest.param(declared("aim = "), ["labs/01_kite/lab.toml", "not TOML", "line 4"], id="a lab that is not TOML"),
        pytest.param("[[parts\n" + declared(), ["labs/course.toml", "not TOML", "line 1"], id="a course that is not"),
        pytest.param(declared(parts='parts = "One"'), ["labs/course.toml", "'parts'"], id="a text for the parts"),
        pytest.param(declared(parts="colour = 3"), ["labs/course.toml", "'parts'", "[[parts]]"], id="no parts"),
    ],
)
def test_an_error_tells_what_is_wrong_and_what_there_is(tmp_path: Path, text: str, parts: list[str]) -> None:
    said = error_of(tmp_path, text)
    assert [part for part in parts if part not in said] == [], said


def test_an_error_is_plain_words_and_not_those_of_a_library(tmp_path: Path) -> None:
    said = error_of(tmp_path, declared().replace('"failed"', '"speed"'))
    assert "Value error" not in said


def test_the_first_error_is_the_one_reported(tmp_path: Path) -> None:
    parts = '[[parts]]\ntitle = "One"\nlabs = ["kite", "box"]'
    assert "'colour'" in error_of(tmp_path, declared("colour = 3", parts=parts) + "[box]\nshape = 4\n")


def test_a_course_that_is_not_there_is_missed_by_name(tmp_path: Path) -> None:
    with pytest.raises(SyllabusError, match=r"There is no course at .*: labs/course\.toml is missing\."):
        syllabus.load(tmp_path)


def test_a_file_in_another_encoding_is_not_toml(tmp_path: Path) -> None:
    toy.write_syllabus(tmp_path, declared())
    (tmp_path / "labs" / "01_kite" / "lab.toml").write_bytes("aim = 'Fly é'".encode("latin-1"))
    with pytest.raises(SyllabusError, match=r"labs/01_kite/lab\.toml is not TOML"):
        syllabus.load(tmp_path)


def test_a_folder_that_is_named_for_another_place_is_found_and_named(tmp_path: Path) -> None:
    toy.write_syllabus(tmp_path, declared())
    (tmp_path / "labs" / "01_kite").rename(tmp_path / "labs" / "07_kite")
    with pytest.raises(SyllabusError, match=r"has number 01 in labs/course\.toml, and is in labs/07_kite"):
        syllabus.load(tmp_path)


def test_nobody_changes_a_lab_by_accident(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        toy.plain_lab(tmp_path).minutes = 5


def test_the_courses_own_syllabus_is_sound() -> None:
    course = syllabus.load()
    assert [lab.number for lab in course.labs] == list(range(1, 33))
    assert {lab.part for lab in course.labs} == set(range(1, len(course.parts) + 1))


@pytest.mark.parametrize(
    ("others", "said"),
    [
        pytest.param({"min_effect": None}, "min_effect.*tolerance", id="neither a gap nor something to keep"),
        pytest.param({"tolerance": 2.0}, "not both", id="both"),
        pytest.param({"min_effect": None, "tolerance": 0.9}, "more than 1", id="a factor below one"),
    ],
)
def test_a_measure_is_a_gap_to_close_or_something_to_keep(others, said) -> None:
    with pytest.raises(ValueError, match=said):
        toy.metric("latency_ms_p99", **others)


@pytest.mark.parametrize("others", [{"services": ["upstream"]}, {"metrics": [toy.metric("rss_kib_per_request")]}])
def test_sides_that_share_a_service_or_are_judged_by_memory_are_not_driven_together(tmp_path: Path, others) -> None:
    declared = toy.plain_lab(tmp_path).model_dump(by_alias=True) | {"metrics": [toy.metric("failed")]}
    lab.Lab(**declared | {"driven_together": True})
    with pytest.raises(ValueError, match="Driven together"):
        lab.Lab(**declared | {"driven_together": True} | others)


# A lab about load: the site is the same on every side, and the locustfile is not.


def test_in_a_lab_about_load_each_side_has_its_own_scenario_and_elsewhere_all_have_one(tmp_path: Path) -> None:
    lab = toy.plain_lab(tmp_path)
    assert {lab.scenario(lab.fix(side)) for side in ("slow", "yours", "reference")} == {lab.folder / "locustfile.py"}
    about_load = lab.model_copy(update={"files": ("locustfile.py",)})
    scenarios = [about_load.scenario(about_load.fix(side)) for side in ("slow", "yours", "reference")]
    assert scenarios == [about_load.slow_source, lab.folder / "locustfile.py", lab.solution / "locustfile.py"]
    assert f"from app.load_tests.{lab.name} import Visitor" in templates.shipped(about_load, "locustfile.py")


STALLS = [(0.0, 0.25), (1.0, 1.25)]  # of two seconds: p99 is 240 ms, and p90 150 ms


@pytest.mark.parametrize("p99_ms", [120.0, 480.0])
def test_where_the_truth_is_known_a_figure_is_how_far_off_it_is(p99_ms: float) -> None:
    metric = toy.metric("latency_ms_p99", against_truth=True)
    figure = metric.figure(toy.samples([p99_ms] * 1000, stalls=STALLS))
    assert figure == pytest.approx(2.0, abs=0.15)  # less what chance explains
    assert metric.in_words(figure) == f"{figure:.1f} times off"
    assert metric.in_words(1.0) == "not off"


def test_a_figure_that_is_none_is_said_in_words() -> None:
    assert toy.metric("latency_ms_p99").in_words(math.nan) == "not measured"
    assert toy.metric("latency_ms_p99").in_words(10_000.0) == "no answer"


def test_what_chance_explains_is_not_off_the_truth() -> None:
    """A right load test sends at random moments: of a thousand such tests hardly one is called wrong."""
    metric, rng = toy.metric("latency_ms_p90", against_truth=True), Random("scatter")
    off = 0
    for _ in range(300):
        moments = (rng.uniform(0, 2) for _ in range(300))
        waits = [max((1000 * (end - at) for begin, end in STALLS if begin <= at < end), default=1.0) for at in moments]
        off += metric.figure(toy.samples(waits, stalls=STALLS)) > 1.1
    assert off <= 15


@pytest.mark.parametrize("requests", [10, 100])
def test_fewer_requests_do_not_make_a_percentile_vaguer(requests: int) -> None:
    metric = toy.metric("latency_ms_p90", against_truth=True)
    assert metric.figure(toy.samples([50.0] * requests, stalls=STALLS)) > 1.5


@pytest.mark.parametrize(("kind", "requests"), [("latency_ms_p99", 100), ("latency_ms_p90", 10), ("latency_ms_p50", 2)])
def test_a_percentile_of_too_few_is_not_held_against_the_truth(kind: str, requests: int) -> None:
    metric = toy.metric(kind, against_truth=True)
    assert not math.isnan(metric.figure(toy.samples([200.0] * requests, stalls=STALLS)))
    assert math.isnan(metric.figure(toy.samples([200.0] * (requests - 1), stalls=STALLS)))


def test_the_truth_is_known_of_percentiles_only() -> None:
    with pytest.raises(ValidationError, match="percentiles"):
        toy.metric("failed", against_truth=True)
