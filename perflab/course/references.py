"""What is written from the course and not by hand: the README's map, the numbers of labs in prose, links between labs.

A lab's number is its place in `labs/course.toml`. Where that changed, `renumber` renames its folders and files and
every number in the text; `link` makes each mention of another lab a link, and `readme` writes the map. `stale` says
what of all this is out of step.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from perflab import files
from perflab.course.lab import Lab
from perflab.course.syllabus import Syllabus, outline

NUMBERS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty", "twenty-one", "twenty-two",
    "twenty-three", "twenty-four", "twenty-five", "twenty-six", "twenty-seven", "twenty-eight", "twenty-nine", "thirty",
    "thirty-one", "thirty-two",
)  # fmt: skip
PROSE = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", "docs/*.md", "notebooks/*.ipynb")
CODE = ("app/**/*.py", "labs/*/*", "solutions/**/*.py", "solutions/**/*.toml", "perflab/**/*.py", "perflab/**/*.j2")
PLACES = ("labs/{}", "solutions/{}", "notebooks/{}.ipynb")
# A lab's number, as "Lab 06", "labs 06 and 7", `make lab-06` or `perflab start 6`; and, after a quotation mark, as the
# kit writes it itself: without a zero.
NUMBERED = re.compile(
    r'"Lab \d\d?(?=: |, .*: solved)'
    r"|\b[Ll]ab \d\d?\b(?! of \d)"
    r"|\b[Ll]abs \d\d?\b(?:(?:,|,? (?:and|or|to)) \d\d?\b)*(?! to \{)"
    r"|\b(?:lab|start|hint|reset|rerun|slides|status)-\d\d\b(?!\.\w)"
    r"|\bperflab (?:start|hint|reset|rerun|slides|status|check) \d\d?\b"
)
MENTION = r"\[(Lab) (\d\d)\]\([^)]*?(\w+?)(?:\.ipynb)?\)|(?<![\w#\[`])(Lab) (\d\d)\b(?! [·0-9])"


# The README's map.


def course_map(course: Syllabus) -> str:
    """Every lab in a table for each part, with a link where it is there."""
    tables = []
    for number in range(1, len(course.parts) + 1):
        rows = [f"**{course.part_title(number)}**", "", "| lab | |", "|---|---|"]
        for lab in (lab for lab in course.labs if lab.part == number):
            title = f"**[{lab.title}](notebooks/{lab.slug}.ipynb)**" if lab.ready else f"{lab.title} *(to come)*"
            rows.append(f'| <a id="{lab.name}"></a>{lab.number:02d} | {title}<br>{lab.question} |')
        tables.append("\n".join(rows))
    return "\n\n".join(tables)


def labs_there(course: Syllabus) -> str:
    """Which labs can be worked on, in a sentence: runs of numbers are drawn together."""
    runs: list[list[int]] = []
    for lab in course.ready:
        if runs and runs[-1][-1] == lab.number - 1:
            runs[-1].append(lab.number)
        else:
            runs.append([lab.number])
    shown = [f"**{run[0]:02d}**" + (f" to **{run[-1]:02d}**" if len(run) > 1 else "") for run in runs]
    listed = ", ".join(shown[:-1]) + f" and {shown[-1]}" if len(shown) > 1 else "".join(shown)
    count = len(course.ready)
    number = NUMBERS[count] if count < len(NUMBERS) else str(count)
    labs = f"{number} lab is" if count == 1 else f"{number} labs are"
    if count == len(course.labs):
        return f"All {labs} there." if count > 1 else "Its one lab is there."
    now = f"{labs} there now: {listed}" if count else "no lab is there yet"
    return f"{now[0].upper()}{now[1:]}. The [map](#the-course) says which are to come."


BLOCKS: dict[str, Callable[[Syllabus], str]] = {"map": course_map, "labs": labs_there}


def marks(name: str) -> tuple[str, str]:
    """What stands in the README before and after a block that is written from the course."""
    return f"<!-- {name}: written by `python -m perflab check --write` -->", f"<!-- /{name} -->"


def readme(course: Syllabus, text: str) -> str:
    """The README with its map and its count of labs as the course has them, each between its two marks."""
    for name, written in BLOCKS.items():
        begin, end = marks(name)
        block = f"{begin}\n{written(course)}\n{end}"
        text = re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", block.replace("\\", r"\\"), text, flags=re.DOTALL)
    return text


# Links between labs.


def target(lab: Lab, place: Path) -> str:
    """What a link to a lab says in a file at this place: its notebook, or its row in the map."""
    up = "" if place.parent == lab.root else "../"
    if not lab.ready:
        return f"{up}README.md#{lab.name}"
    return f"{lab.slug}.ipynb" if place.parent == lab.notebook.parent else f"{up}notebooks/{lab.slug}.ipynb"


def link(course: Syllabus, place: Path, text: str) -> str:
    """A text in which each mention of another lab is a link to it, and each link has its lab's present number.

    A link knows its lab by name, so its number follows; a bare "Lab 06" is taken at its word.
    """
    own = re.match(r"\d\d_(\w+)", place.stem)

    def linked(found: re.Match[str]) -> str:
        if found[1]:
            name = re.sub(r"^\d\d_", "", found[3])
            lab = next((lab for lab in course.labs if lab.name == name), None)
        else:
            lab = course.by_number(int(found[5]))
        if lab is None or (own and own[1] == lab.name):
            return found[0]
        return f"[Lab {lab.number:02d}]({target(lab, place)})"

    return re.sub(MENTION, linked, text)


def answers(course: Syllabus, place: Path, text: str) -> str:
    """The answers with their links, and their chapters in the order of the labs."""
    lines = text.split("\n")
    text = "\n".join(line if line.startswith("#") else link(course, place, line) for line in lines)
    head, *chapters = re.split(r"(?m)^(?=## Lab \d\d$)", text)
    in_order = sorted(chapters, key=lambda chapter: chapter[:9])
    if in_order == chapters:
        return text
    return "\n\n".join(part.strip("\n") for part in (head, *in_order)) + "\n"


def notebook(course: Syllabus, place: Path, text: str) -> str:
    """A notebook with the links of its prose, and with its lab's place in the course where its card says it.

    One that is not JSON stays as it is: to say so is the audit's affair.
    """
    try:
        found = json.loads(text)
    except ValueError:
        return text
    lab = next((lab for lab in course.labs if lab.slug == place.stem), None)
    for cell in found["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = link(course, place, "".join(cell["source"])).splitlines(keepends=True)
        for output in cell.get("outputs", []):
            if lab and "text" in output:
                output["text"] = _card(course, lab, "".join(output["text"])).splitlines(keepends=True)
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _card(course: Syllabus, lab: Lab, text: str) -> str:
    place = f"Lab {lab.number} of {len(course.labs)} · {course.parts[lab.part - 1]}"
    return re.sub(r"(?m)^Lab \d+ of \d+ · .*$", lambda found: place, text)


def _linked(course: Syllabus) -> Iterator[tuple[Path, str]]:
    """The files whose mentions of labs are links, and how they should read."""
    page = course.root / "docs" / "think-on.md"
    if page.exists():
        yield page, answers(course, page, page.read_text())
    for path in sorted((course.root / "notebooks").glob("*.ipynb")):
        yield path, notebook(course, path, path.read_text())


# A change of order.


def moved(root: Path) -> dict[str, tuple[str, str]]:
    """The labs whose folders have another number than their place: the old and the new one, by name."""
    found = {}
    names = [name for part in outline(root).parts for name in part.labs]
    for number, name in enumerate(names, 1):
        # A folder without a declaration is a leftover, such as a branch leaves that had the lab elsewhere.
        numbers = [path.parent.name[:2] for path in (root / "labs").glob(f"[0-9][0-9]_{name}/lab.toml")]
        if numbers and f"{number:02d}" not in numbers:
            found[name] = (numbers[0], f"{number:02d}")
    return found


def renumber(root: Path) -> list[str]:
    """Gives each lab the number of its place in the course: its folders and files, and every number in the text.

    Returns what was done, a line for each lab.
    """
    changes = moved(root)
    if not changes:
        return []
    numbers = dict(changes.values())
    slug = re.compile(rf"\b(\d\d)_({'|'.join(changes)})\b")

    def numbered(found: re.Match[str]) -> str:
        padded = not found[0].startswith('"')
        return re.sub(r"\d\d?", lambda number: new_number(number[0], padded), found[0])

    def new_number(old: str, padded: bool) -> str:
        new = numbers.get(old.zfill(2))
        return old if new is None else new if padded and len(old) == 2 else str(int(new))

    for path in _texts(root):
        text = path.read_text()
        new = slug.sub(lambda found: f"{changes[found[2]][1]}_{found[2]}", text)
        new = NUMBERED.sub(numbered, new)
        if new != text:
            files.write(path, new)
    for step in (_put_aside, _put_in_place):
        for name, (old, new) in changes.items():
            step(root, name, old, new)
    return [f"lab {name}: {old} is {new} now" for name, (old, new) in changes.items()]


def _texts(root: Path) -> list[Path]:
    found = (path for pattern in (*PROSE, *CODE) for path in root.glob(pattern))
    return [path for path in found if path.is_file() and path.suffix not in (".png", ".pyc", ".backup")]


def _put_aside(root: Path, name: str, old: str, new: str) -> None:
    """The first of two steps: two labs may change places."""
    for place in PLACES:
        if (path := root / place.format(f"{old}_{name}")).exists():
            path.rename(root / place.format(f"moving_{name}"))


def _put_in_place(root: Path, name: str, old: str, new: str) -> None:
    for place in PLACES:
        if (path := root / place.format(f"moving_{name}")).exists():
            path.rename(root / place.format(f"{new}_{name}"))


# What is out of step, and writing it.


def stale(course: Syllabus) -> list[Path]:
    """The files whose map or links are not as the course has them."""
    return [path for path, text in _wanted(course) if path.read_text() != text]


def _wanted(course: Syllabus) -> Iterator[tuple[Path, str]]:
    page = course.root / "README.md"
    if page.exists():
        yield page, readme(course, page.read_text())
    yield from _linked(course)


def write(root: Path, load: Callable[[Path], Syllabus]) -> list[str]:
    """Brings everything into step with `labs/course.toml`, and returns what was changed, a line for each."""
    done = renumber(root)
    course = load(root)
    for path, text in list(_wanted(course)):
        if path.read_text() != text:
            files.write(path, text)
            done.append(f"{path.relative_to(root)} is written again")
    return done
