"""The result page: one HTML file with the verdict, the pictures and the figures. It asks for nothing from outside."""

import base64
import html
import math
from collections.abc import Iterator
from pathlib import Path
from string import Template

from perflab import files
from perflab.course.syllabus import Syllabus
from perflab.judge.experiment import Result, Round
from perflab.judge.rule import Outcome
from perflab.measure import machine
from perflab.report import charts, messages

PAGE = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lab $number: $outcome</title>
<style>
  :root { --ink: #1f2933; --faint: #616e7c; --line: #e4e7eb; --tone: $tone; }
  body { margin: 0; background: #f5f7fa; color: var(--ink);
         font: 16px/1.55 Inter, "Segoe UI", "Helvetica Neue", Helvetica, Arial, sans-serif; }
  main { max-width: 920px; margin: 0 auto; padding: 40px 20px 60px; }
  header p { margin: 0; color: var(--faint); }
  h1 { margin: 2px 0 4px; font-size: 30px; line-height: 1.2; }
  h2 { font-size: 17px; margin: 0 0 10px; }
  section { background: #fff; border: 1px solid var(--line); border-radius: 10px;
            padding: 22px 26px; margin-top: 18px; }
  .verdict { border-left: 8px solid var(--tone); }
  .verdict strong { color: var(--tone); text-transform: uppercase; letter-spacing: .04em; }
  .verdict p { margin: 4px 0 0; }
  .next { color: var(--faint); }
  img { display: block; max-width: 100%; height: auto; }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
  th, td { text-align: right; padding: 5px 10px; border-bottom: 1px solid var(--line); }
  th:first-child, td:first-child { text-align: left; padding-left: 0; }
  th { font-weight: 600; }
  pre { background: #f5f7fa; padding: 12px 14px; border-radius: 6px; overflow-x: auto; font-size: 13.5px; }
  code { background: #eef1f4; border-radius: 4px; padding: 1px 5px; font-size: .92em; }
  details summary { cursor: pointer; color: var(--faint); }
  footer { color: var(--faint); font-size: 14px; margin-top: 18px; }
</style>
<main>
<header><p>Lab $number of $labs · $part</p><h1>$title</h1><p>$question</p></header>
<section class="verdict"><strong>$outcome</strong><p>$sentence</p><p class="next">$next_step</p>$details</section>
$sections
<footer>$machine<br>Measured $started in $seconds s, with seed $seed.
The raw samples are in results/$name.json.</footer>
</main>
</html>
""")

TONES = {Outcome.SOLVED: "#009E73", Outcome.UNTOUCHED: "#0072B2", Outcome.INCONCLUSIVE: "#7b8794"}


def shown_round(result: Result) -> Round:
    """The round to picture: the one nearest to the typical one, by the share of the gap that it closed."""
    judged = [round for round in result.rounds if round.scores and not math.isnan(round.scores[0].closed)]
    if not judged:
        return result.rounds[-1]
    return min(judged, key=lambda round: abs(round.scores[0].closed - result.closed(0)))


def image(svg: str, alt: str) -> str:
    """An SVG as an image of its own, whose ids cannot meet those of another on the page."""
    data = base64.b64encode(svg.encode()).decode()
    return f'<img alt="{html.escape(alt)}" src="data:image/svg+xml;base64,{data}">'


def marked(text: str) -> str:
    """Text as HTML, with what stands between backticks as code."""
    parts = html.escape(text).split("`")
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))


def table(result: Result) -> str:
    head = "".join(f'<th style="color:{charts.SIDES[side]}">{charts.NAMES[side]}</th>' for side in result.sides)
    rows = "".join(
        f"<tr><td>{html.escape(label)}</td>{''.join(f'<td>{value}</td>' for value in values)}</tr>"
        for label, values in messages.figures(result)
    )
    return f"<table><tr><th></th>{head}</tr>{rows}</table>"


def _sections(result: Result) -> Iterator[str]:
    if not result.rounds:
        return
    samples = shown_round(result).samples
    yield "<h2>What happened</h2>" + image(charts.svg(charts.picture(result.lab, samples)), "each side under load")
    if result.rounds[-1].scores:
        title = "<h2>How much of the gap is closed, round by round</h2>"
        yield title + image(charts.svg(charts.gap(result)), "share of the gap closed in each round")
    yield "<h2>The measure</h2>" + image(charts.svg(charts.measured(result.lab, samples)), result.lab.shown.label)
    yield f"<h2>The sides in figures</h2><p>Medians of {len(result.rounds)} rounds.</p>" + table(result)


def render(result: Result, course: Syllabus) -> str:
    """The whole page as HTML."""
    assert result.outcome
    lab, said, here = result.lab, messages.explain(result), machine.describe()
    versions = ", ".join(f"{name} {version}" for name, version in here["packages"].items())
    measured_on = f"{here['system']}, {here['cores']} cores, {here['memory_gib']} GiB, Python {here['python']}"
    return PAGE.substitute(
        number=lab.number,
        labs=len(course.labs),
        name=lab.name,
        part=html.escape(course.parts[lab.part - 1]),
        title=html.escape(lab.title),
        question=html.escape(lab.question),
        outcome=result.outcome,
        tone=TONES.get(result.outcome, charts.SIDES["slow"]),
        sentence=marked(said.sentence),
        next_step=marked(said.next_step),
        details=f"<pre>{html.escape(chr(10).join(said.details))}</pre>" if said.details else "",
        sections="\n".join(f"<section>{section}</section>" for section in _sections(result)),
        machine=html.escape(f"{measured_on}; {versions}."),
        started=result.started.replace("T", " ").replace("+00:00", " UTC"),
        seconds=round(result.seconds),
        seed=result.seed,
    )


def write(result: Result, course: Syllabus) -> Path:
    """Writes the page and returns where it is."""
    path = result.lab.results(".html")
    files.write(path, render(result, course))
    return path
