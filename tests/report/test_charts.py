"""The charts: valid SVG that says what it shows."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from xml.etree import ElementTree

import pytest
import toy
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from toy import FAST, HALFWAY, FakeBench

from perflab.course.lab import Lab, Side
from perflab.judge.result import Result
from perflab.measure.samples import Call, Frame, Profile, Quota, Samples, Usage
from perflab.report.charts import catalogue, flame, requests, resources, style, summary

SVG = "{http://www.w3.org/2000/svg}"
SIDES: dict[int, tuple[Side, ...]] = {2: ("slow", "reference"), 3: ("slow", "yours", "reference")}


def round_of(*sides: Side, **others: float) -> dict[Side, Samples]:
    """A round with pings, a few computations among them, and failures on the slow side."""
    made = {}
    for worker, side in enumerate(sides, 101):
        made[side] = toy.samples([FAST[side]] * 50, 2 if side == "slow" else 0, worker=worker, **others)
        made[side].responses += toy.samples([80.0] * 5, name="/compute", user="Curious", worker=worker).responses
    return made


def with_calls(samples: Samples, *spans: tuple[float, float]) -> Samples:
    """Samples with the calls of one request; by default two, one after the other."""
    samples.calls = [Call(f"desk {n}/7", *span) for n, span in enumerate(spans or ((0.5, 0.51), (0.51, 0.53)))]
    return samples


def with_lifetimes(samples: Samples) -> Samples:
    """Samples with two processes, one of them started in the round."""
    samples.lifetimes = {101: (0.01, 2.0), 102: (0.5, 0.8)}
    return samples


def with_memory(samples: Samples) -> Samples:
    """Samples of a tree that came over its limit: its second process was killed, and another one started."""
    samples.memory = [(0.0, 60.0), (1.0, 105.0), (1.1, 75.0)]
    samples.resident = {
        101: [(0.0, 20.0), (1.0, 20.0), (1.1, 20.0)],
        102: [(0.0, 40.0), (1.0, 85.0)],
        103: [(1.1, 55.0)],
    }
    samples.lifetimes = {101: (0.0, 1.1), 102: (0.0, 1.0), 103: (1.1, 1.1)}
    samples.memory_limit_mib, samples.killed = 100.0, {102: 1.0}
    return samples


def texts(svg: str) -> list[str]:
    """Every text of a chart. Raises ParseError where it is not XML."""
    root = ElementTree.fromstring(svg)
    assert root.tag == f"{SVG}svg"
    return ["".join(text.itertext()).strip() for text in root.iter(f"{SVG}text")]


def written(figure: Figure) -> list[str]:
    """Every text of a figure, without the time that drawing it takes."""
    plt.close(figure)
    return [text.get_text() for text in figure.findobj(Text)]


def drawn(figure: Figure) -> list[str]:
    return texts(style.svg(figure))


FIGURES: dict[str, Callable[[dict[Side, Samples]], Figure]] = {
    "spans": lambda sides: requests.spans(sides, toy.metric(request="/ping")),
    "in_flight": lambda sides: requests.in_flight(sides, toy.metric(request="/ping")),
    "workers": lambda sides: requests.workers(sides, toy.metric("responses_per_s")),
    "cores": lambda sides: requests.cores(sides, toy.metric("responses_per_s")),
    "timeline": lambda sides: requests.timeline(sides, toy.metric(request="/ping")),
    "flame": lambda sides: flame.flame(sides, toy.metric("cpu_ms_per_request")),
    "kept": lambda sides: flame.kept(sides, 100),
    "percentiles": lambda sides: summary.percentiles({side: sides[side].select("/ping") for side in sides}, "/ping"),
    "bars": lambda sides: summary.bars(sides, toy.metric("responses_per_s")),
    "outcomes": lambda sides: requests.outcomes(sides, toy.metric("responses_per_s", request="/ping")),
    "accepted_vs_done": lambda sides: requests.accepted_vs_done(sides, toy.metric("jobs_done_share", request="/ping")),
    "waterfall": lambda sides: requests.waterfall({side: with_calls(one) for side, one in sides.items()}, toy.metric()),
    "success_by_route": lambda sides: requests.success_by_route(sides, toy.metric("responses_per_s", request="/ping")),
    "lifetimes": lambda sides: resources.lifetimes(
        {side: with_lifetimes(one) for side, one in sides.items()}, toy.metric(request="/ping")
    ),
    "memory_limit": lambda sides: resources.memory_limit(
        {side: with_memory(one) for side, one in sides.items()}, toy.metric("failed", request="/ping")
    ),
    "sizes": lambda sides: requests.sizes(sides, toy.metric(request="/ping")),
    "admitted": lambda sides: requests.admitted(
        {side: replace(one, quota=Quota(10, 1.0)) for side, one in sides.items()}, toy.metric("over_limit")
    ),
    "first_bytes": lambda sides: requests.first_bytes(
        {side: with_memory(one) for side, one in sides.items()}, toy.metric("first_byte_ms_p95", request="/compute")
    ),
    "curve": lambda sides: summary.curve(
        {side: [one, one] for side, one in sides.items()}, toy.metric("responses_per_s")
    ),
}


@cache
def example(name: str, count: int) -> str:
    """A figure of some sides, as SVG."""
    return style.svg(FIGURES[name](round_of(*SIDES[count])))


@pytest.mark.parametrize("count", SIDES)
@pytest.mark.parametrize("name", FIGURES)
def test_each_chart_is_valid_svg_and_names_every_side(name: str, count: int) -> None:
    said = " ".join(texts(example(name, count)))
    assert [side for side in SIDES[count] if style.NAMES[side] not in said] == []


@pytest.mark.parametrize("count", SIDES)
@pytest.mark.parametrize("name", FIGURES)
def test_each_side_has_its_colour_in_every_chart(name: str, count: int) -> None:
    svg = example(name, count).lower()
    assert [side for side in SIDES[count] if style.SIDES[side].lower() not in svg] == []


@pytest.mark.parametrize("name", FIGURES)
def test_a_side_that_answered_nothing_can_still_be_drawn(name: str) -> None:
    assert drawn(FIGURES[name]({"yours": toy.samples([], failed=20)}))


@pytest.mark.parametrize(
    ("name", "axis"),
    [
        ("spans", "seconds of the round; each line is one request, from sent to answered"),
        ("in_flight", "seconds of the round; upwards: requests in flight; a cross: one that failed then"),
        ("workers", "seconds of the round"),
        (
            "timeline",
            "seconds of the round; each dot is one request: /ping in colour, the others grey; "
            "a cross: one that failed then",
        ),
        ("flame", "ms of CPU per request; a bar is a function, on top of its caller: ours in colour, libraries grey"),
        ("kept", "KiB kept per request; a bar is a function, on top of its caller: ours in colour, libraries grey"),
        ("percentiles", "Latency by percentile: /ping"),
        ("bars", "answers: more is better"),
        ("outcomes", "seconds of the round; each bar: the requests for /ping sent in a tenth of a second"),
        ("curve", "requests sent per second"),
        (
            "success_by_route",
            "seconds of the round; each bar: the requests of a tenth of a second, in colour the share that succeeded",
        ),
        ("accepted_vs_done", "seconds; dashed, amber: jobs accepted; in the side's colour: jobs done by then"),
        ("lifetimes", "seconds of the round; each bar is a process: grey from before, in colour started meanwhile"),
        ("memory_limit", "seconds of the round; each band is a process, as high as its memory; a cross: one is killed"),
        ("admitted", "seconds of the round; each line: what one user was given in the 1 s before"),
        ("sizes", "KiB on the line; upwards: until the last byte had come; each dot is one answer"),
        ("first_bytes", "seconds of the round; each bar is one response: pale until its first byte; the line: memory"),
        ("waterfall", "ms from the first call of a request of median length; each bar is a call to another service"),
    ],
)
def test_a_chart_says_what_it_shows(name: str, axis: str) -> None:
    assert axis in texts(example(name, 3))


def test_the_growth_of_services_is_named_at_the_ends_of_their_lines() -> None:
    figure = resources.growth({"search": [(0, 0.0), (20, 1.0)], "pages": [(0, 0.0), (20, 2.5)]})
    assert {"search  +1.0 MiB", "pages  +2.5 MiB", "requests answered"} <= set(texts(style.svg(figure)))


@pytest.mark.parametrize("name", FIGURES)
def test_a_chart_links_to_nothing_outside(name: str) -> None:
    for element in ElementTree.fromstring(example(name, 3)).iter():
        links = [value for key, value in element.attrib.items() if key.endswith(("href", "src"))]
        assert [link for link in links if not link.startswith(("#", "data:"))] == []


# For everybody.


def luminance(colour: Sequence[float]) -> float:
    """The relative luminance of a colour, as WCAG 2.2 defines it."""
    linear = (channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in colour)
    return sum(share * channel for share, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: Sequence[float], other: Sequence[float]) -> float:
    """The contrast of two colours, as WCAG 2.2 defines it: from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def on_dark(colour: Sequence[float]) -> list[float]:
    return [channel / 255 for channel in style._on_dark([round(255 * channel) for channel in colour])]


def paper_of(text: Text) -> tuple[float, float, float]:
    """What a text is drawn on: its own box, the topmost bar below it, or white paper."""
    if text.get_bbox_patch():
        return to_rgb(text.get_bbox_patch().get_facecolor())
    box = text.get_window_extent()
    middle = ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
    bars = text.axes.patches if text.axes else []
    below = [bar for bar in bars if bar.get_window_extent().contains(*middle)]
    return to_rgb(below[-1].get_facecolor()) if below else (1.0, 1.0, 1.0)


def pale(figure: Figure) -> dict[str, tuple[float, float]]:
    """The texts of a figure with less contrast than 4.5 to 1, on white paper or on dark."""
    figure.draw_without_rendering()
    plt.close(figure)
    found = {}
    for text in figure.findobj(Text):
        if text.get_text().strip() and text.get_visible():
            ink, paper = to_rgb(text.get_color()), paper_of(text)
            light, dark = contrast(ink, paper), contrast(on_dark(ink), on_dark(paper))
            if min(light, dark) < 4.5:
                found[text.get_text()] = (light, dark)
    return found


def whole(lab: Lab, chart: str) -> Figure:
    """A lab's chart of a round in which there is something of everything to draw."""
    sides = round_of(*SIDES[3], incident_s=1.0, incident="deploy", exit_s=0.5)
    for samples in sides.values():
        with_calls(with_memory(samples))
        samples.responses += toy.samples([1.0] * 4, 3, rejected=3).responses
        samples.sessions = samples.listeners = [(0.0, 1), (1.9, 3)]
        samples.before, samples.after, samples.exit_s = Usage(1.0, 50.0, ()), Usage(1.5, 50.0, ()), None
        samples.profile = Profile(
            "py-spy", {(Frame("POSTS", "x.py", True),): 30, (Frame("encode", "lib/x.py", False),): 20}
        )
        samples.quota = Quota(10, 1.0)
    return catalogue.draw(lab.model_copy(update={"chart": chart}), sides)


@pytest.mark.parametrize("chart", catalogue.CHARTS)
def test_every_text_of_a_labs_chart_can_be_read_on_white_paper_and_on_dark(lab: Lab, chart: str) -> None:
    assert pale(whole(lab, chart)) == {}


@pytest.mark.parametrize(
    "draw",
    [
        lambda lab, sides: summary.measured(lab, sides, 30.0),
        lambda lab, sides: summary.bars(sides, lab.shown, 30.0),
        lambda lab, sides: summary.curve({side: [one, one] for side, one in sides.items()}, lab.shown),
        lambda lab, sides: summary.gap(toy.run(lab)),
    ],
)
def test_every_text_of_a_summary_can_be_read_on_white_paper_and_on_dark(lab: Lab, draw) -> None:
    assert pale(draw(lab, round_of(*SIDES[3]))) == {}


@pytest.mark.parametrize("name", ["percentiles", "curve", "memory", "sessions", "listeners", "workers", "cores"])
def test_curves_of_several_sides_differ_by_more_than_colour(lab: Lab, name: str) -> None:
    figure = FIGURES[name](round_of(*SIDES[3])) if name in FIGURES else whole(lab, name)
    curves = [line for line in figure.axes[0].lines if to_hex(line.get_color()).upper() in style.SIDES.values()]
    plt.close(figure)
    assert len({str(line._unscaled_dash_pattern) for line in curves}) == len(curves) == 3


@pytest.mark.parametrize("chart", catalogue.CHARTS)
def test_a_labs_chart_says_in_words_what_it_shows_of_each_side(full_lab: Lab, chart: str) -> None:
    figure = whole(full_lab, chart)
    said = style.in_words(figure)
    plt.close(figure)
    assert [side for side in SIDES[3] if style.NAMES[side] not in said.lower()] == []
    assert [metric.label for metric in full_lab.metrics if metric.label.lower() not in said.lower()] == []
    assert said.endswith(".") and ".." not in said and "  " not in said


def test_in_words_a_metric_is_named_once_for_all_sides(lab: Lab) -> None:
    figure = catalogue.draw(lab, {"slow": toy.samples([100.0] * 20), "reference": toy.samples([1.0] * 20)})
    plt.close(figure)
    assert style.in_words(figure) == (
        "Each line is one of the requests for /ping, from sent to answered, in the order of sending. "
        "Slow: p99 of /ping 100.0 ms; our fix: 1.0 ms."
    )


def test_percentiles_in_words_have_the_prediction() -> None:
    figure = summary.percentiles({"slow": toy.samples([100.0] * 20).responses}, "/ping", (0.99, 5.0))
    plt.close(figure)
    assert style.in_words(figure) == (
        "Latency by percentile, of /ping. P50: slow 100.0 ms. P95: slow 100.0 ms. P99: slow 100.0 ms. "
        "Your prediction for slow: 5 ms."
    )


def test_the_gap_in_words_has_each_round_and_the_goal(lab: Lab) -> None:
    figure = summary.gap(toy.run(lab, FakeBench(HALFWAY)))
    plt.close(figure)
    assert re.search(r"P99 of /ping: 50%(, 50%)*; the goal is 70%, \d rounds lost\.", style.in_words(figure))


def test_a_chart_is_closed_once_it_is_drawn() -> None:
    plt.close("all")  # what other tests have drawn and not shown
    style.svg(FIGURES["spans"](round_of(*SIDES[3])))
    assert plt.get_fignums() == []


# Each chart by itself.


def test_spans_show_in_amber_what_kept_the_server_busy() -> None:
    svg = style.svg(FIGURES["spans"](round_of("slow")))
    assert style.OTHER.lower() in svg.lower()
    assert "/compute" in texts(svg)


def test_spans_of_all_requests_have_nothing_else_to_show_in_amber() -> None:
    svg = style.svg(requests.spans(round_of("slow"), toy.metric(request=None)))
    assert svg.lower().count(style.OTHER.lower()) == 0


def test_in_flight_is_what_was_sent_and_is_not_yet_answered() -> None:
    waiting = toy.samples([1000.0] * 4, seconds=2.0).responses  # sent at 0, 0.5, 1 and 1.5 s, or thereabouts
    moments = [response.intended_start_s + 0.001 for response in waiting]
    first, *_, last = sorted(moments)
    assert requests._under_way(waiting, [first - 0.01, first, last + 1.0]) == [0, 1, 0]
    assert max(requests._under_way(waiting, moments)) > 1


def test_in_flight_has_the_others_in_amber_and_counts_failures() -> None:
    figure = FIGURES["in_flight"](round_of("slow", "reference"))
    said = written(figure)
    assert {"/ping", "/compute"} <= set(said)
    assert [text.rpartition(", ")[2] for text in said if ": p99" in text] == ["2 failed", "none failed"]


def burnt(stacks: dict[str, int], zoom: str | None = None) -> list[str]:
    """The texts of a flame graph: a request costs 10 ms. Capitals are ours, and the other functions a library's."""
    profile = Profile(
        "py-spy",
        {tuple(Frame(name, "lib/x.py", name.isupper()) for name in stack.split()): n for stack, n in stacks.items()},
    )
    before, after = Usage(1.0, 50.0, ()), Usage(1.5, 50.0, ())
    samples = toy.samples([1.0] * 50, before=before, after=after, profile=profile)
    return written(flame.flame({"slow": samples}, toy.metric("cpu_ms_per_request"), zoom))


def test_a_flame_is_as_wide_as_a_request_is_costly() -> None:
    said = burnt({"POSTS TAG": 30, "POSTS VIEW": 20, "encode": 50})
    assert "slow: 10.00 ms of CPU per request; 100 samples by py-spy" in said
    assert {"POSTS  5.00 ms", "TAG  3.00 ms", "VIEW  2.00 ms", "encode · lib  5.00 ms"} <= set(said)


def test_a_flame_leaves_out_library_plumbing_and_nothing_of_ours() -> None:
    said = " ".join(burnt({"serve handle POSTS TAG": 99, "serve handle": 1}))
    assert ("POSTS" in said, "TAG" in said) == (True, True)
    assert ("serve" in said, "handle" in said) == (False, False)


def test_a_flame_shows_a_library_where_its_calls_branch() -> None:
    assert "app · lib  10.00 ms" in burnt({"serve app encode": 60, "serve app POSTS": 40})


def test_functions_separated_by_plumbing_are_one_bar() -> None:
    assert "POSTS  10.00 ms" in burnt({"one POSTS": 50, "other POSTS": 50})


def test_a_flame_leaves_out_slivers() -> None:
    assert "rare" not in " ".join(burnt({"POSTS": 999, "POSTS rare": 1}))


def test_the_widest_side_decides_what_is_a_sliver() -> None:
    def side(cpu_s: float, rare: str) -> Samples:
        stacks = {(Frame("POSTS", "x.py", True), Frame(rare, "x.py", True)): 1, (Frame("POSTS", "x.py", True),): 9}
        usage = (Usage(1.0, 50.0, ()), Usage(1.0 + cpu_s, 50.0, ()))
        return toy.samples([1.0] * 50, before=usage[0], after=usage[1], profile=Profile("py-spy", stacks))

    figure = flame.flame({"slow": side(0.5, "SEEN"), "yours": side(0.01, "UNSEEN")}, toy.metric("cpu_ms_per_request"))
    bars = [len(axis.patches) for axis in figure.axes]
    plt.close(figure)
    assert bars == [2, 1]


def test_a_flame_can_begin_at_a_function() -> None:
    said = burnt({"app POSTS TAG": 30, "app POSTS": 10, "app encode": 60}, zoom="POSTS")
    assert "slow: POSTS takes 4.00 of 10.00 ms of CPU per request; 100 samples by py-spy" in said
    assert not any("encode" in text for text in said)


def test_workers_have_a_row_each() -> None:
    sides = round_of("reference")
    sides["reference"].responses += toy.samples(worker=202).responses
    said = written(FIGURES["workers"](sides))
    assert [text for text in said if text.startswith("our fix, process")] == [
        "our fix, process 1",
        "our fix, process 2",
    ]


def test_workers_show_when_an_incident_struck() -> None:
    sides: dict[Side, Samples] = {
        side: toy.samples(incident_s=0.8, incident="a worker hangs") for side in ("slow", "yours")
    }
    assert written(FIGURES["workers"](sides)).count("a worker hangs") == 1


def test_outcomes_are_counted_and_each_has_its_bars() -> None:
    figure = requests.outcomes({"yours": toy.samples([1.0] * 10, failed=4, rejected=6)}, toy.metric("responses_per_s"))
    said = written(figure)
    assert "yours: 10 answered, 6 rejected, 4 no answer" in said
    heights: dict[str, float] = {}
    for bar in figure.axes[0].patches:
        colour = to_hex(bar.get_facecolor()).upper()
        heights[colour] = heights.get(colour, 0.0) + bar.get_height()
    assert heights == {style.SIDES["yours"]: 10.0, style.OTHER: 6.0, style.NO_ANSWER.upper(): 4.0}


@pytest.mark.parametrize(("exit_s", "missing"), [(0.5, "6 lost"), (None, "6 still owed")])
def test_accepted_vs_done_shows_what_is_lost_at_the_exit(exit_s: float | None, missing: str) -> None:
    samples = toy.samples([1.0] * 10, incident_s=1.0, exit_s=exit_s, jobs=[0.2, 0.4, 0.6, 1.2])
    figure = requests.accepted_vs_done({"yours": samples}, toy.metric("jobs_done_share", request="/ping"))
    said = written(figure)
    assert "yours: 10 accepted, 4 done (40 %)" in said
    assert missing in said
    assert ("exit" in said) == (exit_s is not None)
    accepted, done = (line.get_ydata()[-1] for line in figure.axes[0].lines[:2])
    assert (accepted, done) == (10, 4)


def test_accepted_vs_done_marks_a_kill_and_what_it_lost() -> None:
    samples = toy.samples([1.0] * 10, incident_s=1.0, back_s=1.8, jobs=[0.2, 0.4])
    said = written(requests.accepted_vs_done({"yours": samples}, toy.metric("jobs_done_share", request="/ping")))
    assert {"SIGKILL", "back", "8 lost"} <= set(said)
    assert "SIGTERM" not in said


def test_accepted_vs_done_has_room_for_the_side_with_the_most() -> None:
    sides = {"slow": toy.samples([1.0] * 3), "yours": toy.samples([1.0] * 30)}
    figure = requests.accepted_vs_done(sides, toy.metric("jobs_done_share", request="/ping"))
    tops = [axis.get_ylim()[1] for axis in figure.axes]
    plt.close(figure)
    assert min(tops) > 30


def test_accepted_vs_done_names_nothing_lost_where_all_is_done() -> None:
    samples = toy.samples([1.0] * 3, incident_s=1.0, exit_s=0.5, jobs=[0.2, 0.4, 0.6])
    said = written(requests.accepted_vs_done({"yours": samples}, toy.metric("jobs_done_share", request="/ping")))
    assert not [text for text in said if "lost" in text or "owed" in text]


def test_success_by_route_has_a_row_and_a_share_for_each() -> None:
    samples = toy.samples([1.0] * 15, failed=5, seconds=0.4, incident_s=0.2, incident="upstream hangs")
    samples.responses += toy.samples([1.0] * 4, name="/calm", seconds=0.4).responses
    figure = requests.success_by_route({"yours": samples}, toy.metric("responses_per_s", request="/calm"))
    said = written(figure)
    assert "yours: answers of /calm 10 /s, 5 failed" in said
    assert "upstream hangs" in said
    rows: dict[str, list[tuple[float, float]]] = {}
    for bar in figure.axes[0].patches:
        colour = to_hex(bar.get_facecolor())
        rows.setdefault(colour, []).append((bar.get_y(), round(bar.get_height() / 0.72, 2)))
    assert rows[style.GRID] == [(row, 1.0) for row in (0, 0, 0, 0, 1, 1, 1, 1)]
    assert rows[style.SIDES["yours"].lower()] == [(0, 1.0)] * 3 + [(0, 0.0)] + [(1, 1.0)] * 4


def test_first_bytes_are_pale_until_the_body_begins() -> None:
    samples = toy.samples([100.0] * 2, seconds=2.0, memory=[(0.0, 60.0), (1.0, 90.0), (1.9, 70.0)])
    samples.responses[1] = samples.responses[1]._replace(first_byte_ms=25.0)
    figure = requests.first_bytes({"yours": samples}, toy.metric("first_byte_ms_p95", request="/ping"))
    widths = [round(bar.get_width(), 3) for bar in figure.axes[0].patches]
    assert widths == [0.1, 0.01, 0.025, 0.075]  # the first: not noted, so it began when it ended
    assert "90 MiB at most" in written(figure)


def test_first_bytes_show_a_response_that_ends_after_the_round() -> None:
    samples = toy.samples([2500.0], seconds=2.0)
    figure = requests.first_bytes({"yours": samples}, toy.metric("first_byte_ms_p95", request="/ping"))
    assert figure.axes[0].get_xlim()[1] > samples.responses[0].done_s > 2.0


def test_success_by_route_without_an_incident_marks_none() -> None:
    said = written(FIGURES["success_by_route"](round_of("reference")))
    assert "upstream hangs" not in said
    assert "our fix: answers of /ping 25 /s, none failed" in said


def test_lifetimes_draws_processes_from_before_in_grey_and_others_in_colour() -> None:
    samples = toy.samples([5.0] * 10, lifetimes={7: (0.5, 0.75), 8: (0.5, 0.5), 1: (0.25, 2.0)})
    figure = resources.lifetimes({"slow": samples}, toy.metric("latency_ms_p50", request="/ping"))
    bars = [(bar.get_x(), round(bar.get_width(), 3), to_hex(bar.get_facecolor())) for bar in figure.axes[0].patches]
    colour = style.SIDES["slow"].lower()
    assert bars == [(0.25, 1.75, style.NO_ANSWER), (0.5, 0.02, colour), (0.5, 0.25, colour)]
    assert "slow: p50 of /ping 5.0 ms, 2 processes started" in written(figure)


@pytest.mark.parametrize(
    ("lifetimes", "said"), [({1: (0.0, 2.0)}, "no processes"), ({1: (0.0, 2.0), 2: (1.0, 2.0)}, "1 process")]
)
def test_lifetimes_says_how_many_were_started(lifetimes, said: str) -> None:
    (title,) = [
        text
        for text in written(resources.lifetimes({"yours": toy.samples(lifetimes=lifetimes)}, toy.metric()))
        if text.startswith("yours")
    ]
    assert title.endswith(f", {said} started")


def test_admitted_draws_those_who_ask_for_more_than_the_limit_in_colour_and_the_others_grey() -> None:
    samples = toy.samples([1.0] * 24, user="Eager", quota=Quota(10, 1.0), incident_s=1.5, incident="valkey hangs")
    samples.responses += toy.samples([1.0] * 4, user="Modest").responses
    figure = requests.admitted({"slow": samples}, toy.metric("over_limit"))
    lines = {to_hex(line.get_color()): max(line.get_ydata()) for line in figure.axes[0].lines}
    assert lines == {style.SIDES["slow"].lower(): 12, style.FAINT: 2, style.INK: 10}
    said = written(figure)
    assert "limit: 10" in said
    assert "valkey hangs" in said


def test_sizes_draws_each_name_by_its_bytes_and_its_time() -> None:
    samples = toy.samples([400.0] * 3)
    samples.responses = [one._replace(size_bytes=391 * 1024) for one in samples.responses]
    samples.responses += toy.samples([2.0] * 5, failed=2, name="/card").responses
    figure = requests.sizes({"slow": samples}, toy.metric(request="/ping"))
    pings, cards = (line.get_xydata().tolist() for line in figure.axes[0].lines)
    assert (pings, cards) == ([[391.0, 400.0]] * 3, [[10 / 1024, 2.0]] * 5)
    assert {"/ping", "/card"} <= set(written(figure))


def test_a_curve_has_a_point_for_each_load_by_requests_per_second() -> None:
    rounds = [toy.samples([1.0] * 20), toy.samples([1.0] * 20, failed=20)]
    figure = summary.curve({"slow": rounds}, toy.metric("responses_per_s", request="/ping"))
    assert "slow  10 /s" in written(figure)
    sent, got = figure.axes[0].lines[0].get_data()
    assert (list(sent), list(got)) == ([10.0, 20.0], [10.0, 10.0])


def test_the_timeline_counts_failures_and_marks_the_deploy() -> None:
    said = written(FIGURES["timeline"](round_of("slow", "reference", incident_s=1.0, incident="deploy")))
    assert [text.rpartition(", ")[2] for text in said if ": p99" in text] == ["2 failed", "none failed"]
    assert said.count("deploy") == 2


def test_failures_of_one_moment_are_crosses_beside_each_other() -> None:
    """Drawn at one spot, twenty lost answers look like one."""
    sides = round_of("slow")
    sides["slow"].responses = [
        one._replace(status=502, intended_start_s=0.5, latency_ms=latency_ms)
        for one, latency_ms in zip(sides["slow"].responses, (100, 100, 101, 900), strict=False)
    ]
    figure = requests.timeline(sides, toy.metric(request="/ping"))
    (crosses,) = [line for line in figure.axes[0].lines if line.get_marker() == "x" and len(line.get_xdata()) == 4]
    plt.close(figure)
    first, second, third, alone = crosses.get_ydata()
    assert first > second > third
    assert alone == first


def test_the_timeline_crosses_out_invalid_responses() -> None:
    sides = round_of("reference")
    sides["reference"].responses[0] = sides["reference"].responses[0]._replace(invalid=True)
    (title,) = [text for text in written(FIGURES["timeline"](sides)) if ": p99" in text]
    assert title.endswith("none failed, 1 invalid (crossed out)")


def test_the_timeline_marks_when_only_the_new_release_answers() -> None:
    said = written(FIGURES["timeline"](round_of("reference", incident_s=1.0, incident="deploy", deployed_s=0.4)))
    assert (said.count("deploy"), said.count("new version")) == (1, 1)


def test_the_timeline_of_all_requests_names_none() -> None:
    said = written(requests.timeline(round_of("reference"), toy.metric("longest_gap_s", min_effect=1)))
    assert "seconds of the round; each dot is one request" in said


def test_a_timeline_without_an_incident_marks_none() -> None:
    assert "deploy" not in written(FIGURES["timeline"](round_of("slow")))


@pytest.mark.parametrize(
    ("guess", "said"), [(250.0, "your prediction for slow: 250 ms"), (2000.0, "your prediction for slow: 2 s")]
)
def test_percentiles_show_the_prediction_beside_the_truth(guess: float, said: str) -> None:
    responses = {"slow": round_of("slow")["slow"].select("/ping")}
    assert said in written(summary.percentiles(responses, "/ping", (0.99, guess)))


@pytest.mark.parametrize(("share", "side"), [(0.5, "left"), (0.99, "right")])
def test_a_prediction_is_written_where_there_is_room(share: float, side: str) -> None:
    responses = {"slow": toy.samples([100.0] * 200).responses}
    figure = summary.percentiles(responses, "/ping", (share, 250.0))
    (note,) = [text for text in figure.findobj(Text) if text.get_text().startswith("your prediction")]
    plt.close(figure)
    assert note.get_horizontalalignment() == side


@pytest.mark.parametrize("guess", [80.0, 98.0, 104.0, 120.0])
def test_a_prediction_is_written_across_no_curve(guess: float) -> None:
    responses = {
        "slow": toy.samples([100.0] * 199 + [500.0]).responses,
        "reference": toy.samples([10.0] * 200).responses,
    }
    figure = summary.percentiles(responses, "/ping", (0.99, guess))
    (axis,) = figure.axes
    (note,) = [text for text in axis.texts if text.get_text().startswith("your prediction")]
    figure.draw_without_rendering()
    box = note.get_window_extent()
    curves = [line.get_path().transformed(line.get_transform()) for line in axis.lines]
    plt.close(figure)
    assert not any(curve.intersects_bbox(box, filled=False) for curve in curves)


@pytest.mark.parametrize(("times", "marks"), [([70.0, 280.0], 2), ([1.0, 280.0], 3)])
def test_times_have_enough_marks_to_be_read(times: list[float], marks: int) -> None:
    figure = summary.percentiles({"slow": toy.samples(times * 20).responses}, "/ping")
    (axis,) = figure.axes
    low, high = axis.get_ylim()
    plt.close(figure)
    assert sum(low <= mark <= high for mark in axis.get_yticks()) >= marks


def test_a_prediction_is_shown_even_with_few_answers() -> None:
    """Of 20 responses none is the 99th percentile's own, but a prediction of it still has its place."""
    few = {"slow": toy.samples([100.0] * 20).responses}
    assert "your prediction for slow: 250 ms" in drawn(summary.percentiles(few, "/ping", (0.99, 250.0)))


def test_sessions_are_drawn_and_their_maximum_is_named() -> None:
    held = {
        "slow": toy.samples(sessions=[(0.0, 1), (0.1, 31), (0.2, 30)]),
        "reference": toy.samples(sessions=[(0.0, 4)]),
    }
    said = " ".join(written(resources.sessions(held, toy.metric("sessions"))))
    assert "31 at most" in said
    assert "4 at most" in said


def test_listeners_are_drawn_until_all_have_gone() -> None:
    counted = {
        "slow": toy.samples(listeners=[(0.0, 1), (0.1, 31)]),
        "reference": toy.samples(listeners=[(0.0, 0), (0.1, 3), (2.4, 0)]),
    }
    figure = resources.listeners(counted, toy.metric("listeners_left"))
    said = " ".join(written(figure))
    assert "31 left" in said
    assert "0 left" in said


def test_a_waterfall_names_each_call_and_the_most_at_once() -> None:
    sides = round_of("slow", "reference")
    with_calls(sides["slow"], (0.5, 0.51), (0.51, 0.53))
    with_calls(sides["reference"], (0.5, 0.51), (0.5, 0.52))
    figure = requests.waterfall(sides, toy.metric())
    slow, reference = figure.axes
    assert [bar.get_x() for bar in slow.patches] == pytest.approx([0, 10])
    assert [bar.get_x() for bar in reference.patches] == pytest.approx([0, 0])
    said = written(figure)
    assert [text for text in said if text.startswith("desk")] == [
        "desk 0  10 ms", "desk 1  20 ms", "desk 0  10 ms", "desk 1  20 ms",
    ]  # fmt: skip
    assert [text.partition("; ")[2] for text in said if ": p99" in text] == [
        "2 calls, at most 1 at once",
        "2 calls, at most 2 at once",
    ]


def test_a_waterfall_without_calls_says_so() -> None:
    assert "no calls were seen" in " ".join(written(requests.waterfall(round_of("yours"), toy.metric())))


def test_bars_show_the_prediction_beside_the_truth() -> None:
    assert "your prediction for slow: 40 /s" in written(
        summary.bars(round_of("slow"), toy.metric("responses_per_s"), 40.0)
    )


@pytest.mark.parametrize("chart", catalogue.CHARTS)
def test_a_lab_has_the_chart_it_asks_for(lab: Lab, chart: str) -> None:
    said = written(catalogue.draw(lab.model_copy(update={"chart": chart}), round_of("slow")))
    assert {
        "spans": "seconds of the round; each line",
        "in_flight": "seconds of the round; upwards: requests",
        "workers": "Responses so far",
        "timeline": "/ping in colour",
        "memory": "Memory growth since the round began",
        "sessions": "Open database sessions",
        "shutdown": "amber: streams",
        "outcomes": "each bar: the requests for /ping",
        "flame": "a bar is a function",
        "accepted_vs_done": "amber: jobs accepted",
        "waterfall": "each bar is a call",
        "success_by_route": "in colour the share that succeeded",
        "lifetimes": "each bar is a process",
        "memory_limit": "each band is a process",
        "admitted": "each line: what one user was given",
        "listeners": "Listeners",
        "sizes": "KiB on the line",
        "first_bytes": "each bar is one response",
        "cores": "Cores kept busy",
    }[chart] in " ".join(said)


@pytest.mark.parametrize(
    ("metric", "said"), [(0, "your prediction for slow: 30 ms"), (1, "your prediction for slow: 30")]
)
def test_a_labs_metric_is_drawn_with_the_prediction(full_lab: Lab, metric: int, said: str) -> None:
    lab = full_lab.model_copy(update={"metrics": (full_lab.metrics[metric],)})
    assert said in written(summary.measured(lab, round_of(*SIDES[3]), 30.0))


def test_a_metric_before_the_incident_draws_only_what_came_before(full_lab: Lab) -> None:
    calm, upset = toy.samples([5.0] * 10 + [3000.0] * 10, incident_s=1.5), toy.samples([5.0] * 10, incident_s=1.5)
    upset.seconds = calm.seconds
    before, only = (summary.measured(full_lab, {"slow": samples}) for samples in (calm, upset))
    assert before.axes[0].get_ylim() == only.axes[0].get_ylim()


def gap(lab: Lab, bench: FakeBench) -> tuple[Result, str]:
    result = toy.run(lab, bench)
    return result, style.svg(summary.gap(result))


@pytest.mark.parametrize("figures", [HALFWAY, {**FAST, "yours": 0.01}])
def test_the_gap_shows_where_slow_our_fix_and_the_goal_are(lab: Lab, figures) -> None:
    _, svg = gap(lab, FakeBench(figures))
    assert {"slow", "our fix", "goal", "p99 of /ping", "100.0 ms", "1.0 ms", "half the gap"} <= set(texts(svg))


def test_the_gap_has_a_line_for_each_metric(full_lab: Lab) -> None:
    _, svg = gap(full_lab, FakeBench(failed={"slow": 8}))
    assert {"p99 of /ping", "toys lost in a delivery"} <= set(texts(svg))


def test_the_gap_can_be_drawn_when_every_round_was_void(lab: Lab) -> None:
    result, svg = gap(lab, FakeBench({"slow": 1.0, "yours": 1.0, "reference": 1.0}))
    assert result.outcome == "unclear"
    assert "goal" in texts(svg)


def test_the_memory_of_processes_stands_upon_each_other_below_the_limit() -> None:
    figure = resources.memory_limit({"slow": with_memory(toy.samples())}, toy.metric("failed", request="/ping"))
    (axis,) = figure.axes
    tops = [max(y for path in band.get_paths() for _, y in path.vertices) for band in axis.collections]
    assert tops[:2] == pytest.approx([20.0, 105.0])
    cross, limit = axis.lines
    assert (cross.get_xdata()[0], cross.get_ydata()[0]) == (1.0, 105.0)
    assert set(limit.get_ydata()) == {100.0}
    assert "slow: failed requests of /ping 0, 1 killed, 1 started" in written(figure)
