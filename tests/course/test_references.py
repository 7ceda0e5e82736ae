"""What is written from the course: the map, numbers in prose, links between labs; and a change of order."""

import json
import re
import shutil
from pathlib import Path

import pytest
import sound
import toy

from perflab.course import audit, references, syllabus, templates
from perflab.course.lab import ROOT, Lab
from perflab.course.syllabus import Syllabus


@pytest.fixture
def course(tmp_path: Path) -> Syllabus:
    """A lab that is there, one to come, and another that is there."""
    return toy.course(tmp_path)


def ready(course: Syllabus, *numbers: int, of: int) -> Syllabus:
    """A course of so many labs, of which those are there."""
    one, to_come = course.labs[0], course.labs[1]
    labs = [(one if n in numbers else to_come).model_copy(update={"number": n}) for n in range(1, of + 1)]
    return course.model_copy(update={"labs": tuple(labs)})


# The README's map.


def test_the_map_links_labs_that_are_there_and_names_others(course: Syllabus) -> None:
    assert references.course_map(course) == (
        "**Part I · See it**\n\n"
        "| lab | |\n"
        "|---|---|\n"
        '| <a id="stuck_toy"></a>01 | **[The toy that stood still](notebooks/01_stuck_toy.ipynb)**<br>'
        "Why does everyone wait for one toy? |\n"
        '| <a id="toy_to_come"></a>02 | The toy nobody has made yet *(to come)*<br>When will it come? |\n\n'
        "**Part II · Ship it**\n\n"
        "| lab | |\n"
        "|---|---|\n"
        '| <a id="shipped_toy"></a>03 | **[The toy in the post](notebooks/03_shipped_toy.ipynb)**<br>'
        "Who gets a toy while the shop is rebuilt? |"
    )


@pytest.mark.parametrize(
    ("numbers", "of", "said"),
    [
        ((1,), 3, "One lab is there now: **01**."),
        ((1, 3), 3, "Two labs are there now: **01** and **03**."),
        ((1, 2, 3, 5, 7, 8), 9, "Six labs are there now: **01** to **03**, **05** and **07** to **08**."),
        ((), 3, "No lab is there yet."),
        (range(1, 41), 41, "40 labs are there now: **01** to **40**."),
    ],
)
def test_runs_of_labs_that_are_there_are_drawn_together(course: Syllabus, numbers, of: int, said: str) -> None:
    assert references.labs_there(ready(course, *numbers, of=of)) == (
        f"{said} The [map](#the-course) says which are to come."
    )


def test_where_all_labs_are_there_none_is_to_come(course: Syllabus) -> None:
    assert references.labs_there(ready(course, 1, 2, of=2)) == "All two labs are there."
    assert references.labs_there(ready(course, 1, of=1)) == "Its one lab is there."


def test_the_readme_is_written_between_its_marks_only(course: Syllabus) -> None:
    begin, end = references.marks("map")
    text = f"# Before\n{begin}\nOld rows.\n{end}\nAfter, as **01** and ({end}) were.\n"
    assert references.readme(course, text) == (
        f"# Before\n{begin}\n{references.course_map(course)}\n{end}\nAfter, as **01** and ({end}) were.\n"
    )


def test_a_readme_without_marks_stays_as_it_is(course: Syllabus) -> None:
    assert references.readme(course, "# No map\n| 01 | |\n") == "# No map\n| 01 | |\n"


def test_a_backslash_in_a_title_stays_in_the_map(course: Syllabus) -> None:
    labs = tuple(lab.model_copy(update={"title": r"A \1 toy"}) for lab in course.labs)
    text = references.readme(course.model_copy(update={"labs": labs}), "\n".join(references.marks("map")))
    assert r"A \1 toy" in text


# Links.


@pytest.mark.parametrize(
    ("place", "text", "linked"),
    [
        ("notebooks/01_stuck_toy.ipynb", "Lab 03 too.", "[Lab 03](03_shipped_toy.ipynb) too."),
        ("docs/think-on.md", "As in Lab 03.", "As in [Lab 03](../notebooks/03_shipped_toy.ipynb)."),
        ("README.md", "Lab 03", "[Lab 03](notebooks/03_shipped_toy.ipynb)"),
        ("notebooks/01_stuck_toy.ipynb", "(Lab 02)", "([Lab 02](../README.md#toy_to_come))"),
        ("docs/think-on.md", "Lab 02", "[Lab 02](../README.md#toy_to_come)"),
        ("README.md", "Lab 02", "[Lab 02](README.md#toy_to_come)"),
    ],
)
def test_a_bare_mention_becomes_a_link(course: Syllabus, place: str, text: str, linked: str) -> None:
    path = course.root / place
    assert references.link(course, path, text) == linked
    assert references.link(course, path, linked) == linked


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[Lab 02](02_shipped_toy.ipynb)", "[Lab 03](03_shipped_toy.ipynb)"),
        ("[Lab 01](../notebooks/07_shipped_toy.ipynb)", "[Lab 03](03_shipped_toy.ipynb)"),
        ("[Lab 05](../README.md#shipped_toy)", "[Lab 03](03_shipped_toy.ipynb)"),
        ("[Lab 03](03_toy_to_come.ipynb)", "[Lab 02](../README.md#toy_to_come)"),
    ],
)
def test_a_link_knows_its_lab_by_name(course: Syllabus, old: str, new: str) -> None:
    assert references.link(course, course.root / "notebooks" / "01_stuck_toy.ipynb", old) == new


@pytest.mark.parametrize(
    "text",
    [
        "In Lab 01 we saw it.",  # its own
        "[Lab 01](01_stuck_toy.ipynb)",
        "# Lab 03 · The toy in the post",
        "`Lab 03`",
        "Lab 44 is not in this course.",
        "[Lab 03](https://example.org/toys)",
        "[Another page](../docs/judge.md)",
        "Labs 02 and 03",
        "lab 03",
    ],
)
def test_what_is_no_mention_of_another_lab_stays(course: Syllabus, text: str) -> None:
    assert references.link(course, course.root / "notebooks" / "01_stuck_toy.ipynb", text) == text


def test_headings_of_the_answers_are_no_links(course: Syllabus) -> None:
    page = "# Answers\n\n## Lab 03\n\nSee {}.\n"
    place = course.root / "docs" / "think-on.md"
    linked = references.answers(course, place, page.format("Lab 03"))
    assert linked == page.format("[Lab 03](../notebooks/03_shipped_toy.ipynb)")


def test_chapters_of_the_answers_are_in_the_labs_order(course: Syllabus) -> None:
    page, place = "# Answers\n\nOurs.\n\n## Lab 03\n\nC.\n\n## Lab 01\n\nA.\n", course.root / "docs" / "think-on.md"
    sorted_page = "# Answers\n\nOurs.\n\n## Lab 01\n\nA.\n\n## Lab 03\n\nC.\n"
    assert references.answers(course, place, page) == sorted_page
    assert references.answers(course, place, sorted_page) == sorted_page


def test_only_the_prose_of_a_notebook_is_linked(course: Syllabus) -> None:
    cells = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["Lab 03\n", "é Lab 02"]},
        {"cell_type": "code", "id": "b", "metadata": {}, "outputs": [], "source": ['print("Lab 03")']},
    ]
    text = json.dumps({"cells": cells}, indent=1, ensure_ascii=False) + "\n"
    place = course.root / "notebooks" / "01_stuck_toy.ipynb"
    assert references.notebook(course, place, text) == text.replace(
        "Lab 03\\n", "[Lab 03](03_shipped_toy.ipynb)\\n"
    ).replace("é Lab 02", "é [Lab 02](../README.md#toy_to_come)")


def test_a_notebooks_card_says_its_place_in_the_course(course: Syllabus) -> None:
    card = ["Lab 1 of 32 · Another part\n", "Aim       As it was.\n"]
    cell = {"cell_type": "code", "id": "objective", "outputs": [{"output_type": "stream", "text": card}], "source": []}
    place = course.root / "notebooks" / "01_stuck_toy.ipynb"
    written = json.loads(references.notebook(course, place, json.dumps({"cells": [cell]})))
    assert written["cells"][0]["outputs"][0]["text"] == ["Lab 1 of 3 · See it\n", "Aim       As it was.\n"]


# Bringing all into step.


def test_a_second_write_changes_nothing(tmp_path: Path) -> None:
    sound.course(tmp_path)
    (tmp_path / "README.md").write_text("\n".join(references.marks("map")))
    (tmp_path / "docs" / "think-on.md").write_text("See Lab 02.\n")
    assert references.write(tmp_path, syllabus.load) == [
        "README.md is written again",
        "docs/think-on.md is written again",
    ]
    before = contents(tmp_path)
    assert references.stale(syllabus.load(tmp_path)) == []
    assert references.write(tmp_path, syllabus.load) == []
    assert contents(tmp_path) == before


def contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


# A change of order. Ten labs, for the step from one digit to two: only the last two are there.

NAMES = [f"toy_{letter}" for letter in "abcdefghij"]
NINTH, TENTH = NAMES[-2:]
TEXTS = {
    "docs/think-on.md": "# Answers\n\n## Lab 09\n\nSee [Lab 10](../notebooks/10_toy_j.ipynb), and Lab 08.\n\n"
    "## Lab 10\n\nB.\n",
    "README.md": "![Lab 09: a toy](docs/lab-09.png)\n\n`make start-09` opens labs/09_toy_i/fix.py. `perflab start 9`, "
    "`perflab lab 10`.\nLabs 08, 09 and 10, labs 9 to 10; 09 toys, Lab 09: 10 of them, laboratory 10, make lab-1099.\n",
    "docs/lab-09.png": "a picture",
    "perflab/page.md.j2": 'print(f"lab 09 of them, and labs 9 to {last}")\n',
    f"app/parts/{NINTH}.py": '"""Lab 09 shows this."""\n',
    f"app/parts/{TENTH}.py": '"""Lab 10 shows this."""\n',
    "solutions/09_toy_i/fix.py": '"""As lab 10 does."""\n',
    "solutions/10_toy_j/fix.py": '"""As lab 9 does."""\n',
    "results/toy_i.json": '{"lab": "09_toy_i"}',
}


def outline(*names: str) -> str:
    return f'[[parts]]\ntitle = "Toys"\nlabs = {json.dumps(names)}\n'


def notebook(number: int, name: str, other: str) -> str:
    cells = [
        {"cell_type": "markdown", "id": "title", "source": [f"# Lab {number:02d} · {name}\n", "\n", f"After {other}."]},
        {
            "cell_type": "code",
            "id": "verify",
            "source": ["lab.verify()"],
            "outputs": [
                sound.printed(f"Lab {number} of 10 · Toys\n"),
                sound.printed(f"Lab {number}, {name}: solved\n"),
            ],
        },
    ]
    return json.dumps({"cells": cells}, indent=1, ensure_ascii=False) + "\n"


@pytest.fixture
def toys(tmp_path: Path) -> Path:
    """The root of a course of ten toys."""
    labs = [f'[{name}]\ntitle = "{name}"\nquestion = "Why {name}?"\nnode_counterpart = "-"\n' for name in NAMES]
    metric = '[[metrics]]\ntype = "failed"\nmin_effect = 2\nadvice_none = "-"\nadvice_partial = "-"\n'
    labs[-2:] = [lab + metric for lab in labs[-2:]]
    toy.write_syllabus(tmp_path, outline(*NAMES) + "".join(labs))
    notebooks = {
        "notebooks/09_toy_i.ipynb": notebook(9, "toy_i", "[Lab 10](10_toy_j.ipynb)"),
        "notebooks/10_toy_j.ipynb": notebook(10, "toy_j", "[Lab 09](09_toy_i.ipynb)"),
    }
    for file, text in {**TEXTS, **notebooks}.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    for lab in syllabus.load(tmp_path).ready:
        (lab.folder / "fix.py").write_text(templates.shipped(lab, "fix.py"))
        (lab.folder / "fix.py.1.backup").write_text("Lab 09, mine\n")
    references.write(tmp_path, syllabus.load)
    return tmp_path


@pytest.fixture
def swapped(toys: Path) -> Path:
    """The root of that course with the last two labs in another order."""
    (toys / "labs" / "course.toml").write_text(outline(*NAMES[:8], "toy_j", "toy_i"))
    assert references.write(toys, syllabus.load)[:2] == ["lab toy_j: 10 is 09 now", "lab toy_i: 09 is 10 now"]
    return toys


def test_a_new_order_renames_folders_and_notebooks(swapped: Path) -> None:
    for place in ("labs/{}/lab.toml", "labs/{}/fix.py.1.backup", "solutions/{}/fix.py", "notebooks/{}.ipynb"):
        there = [(swapped / place.format(slug)).exists() for slug in ("09_toy_j", "10_toy_i", "09_toy_i", "10_toy_j")]
        assert there == [True, True, False, False]
    assert [lab.slug for lab in syllabus.load(swapped).ready] == ["09_toy_j", "10_toy_i"]
    assert list(swapped.rglob("*moving*")) == []


def test_a_new_order_renumbers_prose_commands_and_paths(swapped: Path) -> None:
    assert (swapped / "README.md").read_text() == (
        "![Lab 10: a toy](docs/lab-09.png)\n\n`make start-10` opens labs/10_toy_i/fix.py. `perflab start 10`, "
        "`perflab lab 09`.\nLabs 08, 10 and 09, labs 10 to 09; 09 toys, Lab 10: 10 of them, laboratory 10, "
        "make lab-1099.\n"
    )


def test_a_new_order_renumbers_chapters_and_links(swapped: Path) -> None:
    assert (swapped / "docs" / "think-on.md").read_text() == (
        "# Answers\n\n## Lab 09\n\nB.\n\n## Lab 10\n\n"
        "See [Lab 09](../notebooks/09_toy_j.ipynb), and [Lab 08](../README.md#toy_h).\n"
    )


def test_a_new_order_renumbers_notebooks_and_their_outputs(swapped: Path) -> None:
    expected = notebook(9, "toy_j", "[Lab 10](10_toy_i.ipynb)"), notebook(10, "toy_i", "[Lab 09](09_toy_j.ipynb)")
    found = [(swapped / "notebooks" / file).read_text() for file in ("09_toy_j.ipynb", "10_toy_i.ipynb")]
    assert found == list(expected)


def test_a_new_order_leaves_learners_files_as_shipped(swapped: Path) -> None:
    for lab in syllabus.load(swapped).ready:
        assert (lab.folder / "fix.py").read_text() == templates.shipped(lab, "fix.py")
        assert (lab.folder / "fix.py.1.backup").read_text() == "Lab 09, mine\n"


def test_a_new_order_renumbers_a_learners_work_too(toys: Path) -> None:
    (toys / "labs" / "09_toy_i" / "fix.py").write_text('"""Lab 9: my own, by `make start-09`."""\n')
    (toys / "labs" / "course.toml").write_text(outline(*NAMES[:8], "toy_j", "toy_i"))
    references.write(toys, syllabus.load)
    mine = (toys / "labs" / "10_toy_i" / "fix.py").read_text()
    assert mine == '"""Lab 10: my own, by `make start-10`."""\n'


def test_a_new_order_renumbers_code_by_what_it_says(swapped: Path) -> None:
    assert (swapped / f"app/parts/{NINTH}.py").read_text() == '"""Lab 10 shows this."""\n'
    assert (swapped / f"app/parts/{TENTH}.py").read_text() == '"""Lab 09 shows this."""\n'
    assert (swapped / "solutions/10_toy_i/fix.py").read_text() == '"""As lab 09 does."""\n'
    assert (swapped / "solutions/09_toy_j/fix.py").read_text() == '"""As lab 10 does."""\n'
    assert (swapped / "perflab/page.md.j2").read_text() == 'print(f"lab 10 of them, and labs 9 to {last}")\n'


def test_results_stay_with_their_lab_by_name(swapped: Path) -> None:
    lab = syllabus.load(swapped).by_name("toy_i")
    assert lab.results(".json").read_text() == TEXTS["results/toy_i.json"]


def test_the_old_order_again_brings_back_all(toys: Path) -> None:
    before = contents(toys)
    for names in ((*NAMES[:8], "toy_j", "toy_i"), NAMES):
        (toys / "labs" / "course.toml").write_text(outline(*names))
        assert references.write(toys, syllabus.load)
    after = contents(toys)
    assert after.keys() == before.keys()
    padded = {"README.md", "solutions/10_toy_j/fix.py"}  # whose 9 was a 10 meanwhile, and is 09
    assert {file for file in before if after[file] != before[file]} == padded


def test_a_lab_put_in_between_moves_those_behind_it(toys: Path) -> None:
    (toys / "labs" / "course.toml").write_text(outline(*NAMES[:8], "new_toy", *NAMES[8:]))
    folder = toys / "labs" / "09_new_toy"
    folder.mkdir()
    (folder / "lab.toml").write_text('title = "New"\nquestion = "Why?"\nnode_counterpart = "-"\n')
    references.write(toys, syllabus.load)
    assert [lab.slug for lab in syllabus.load(toys).labs[8:]] == ["09_new_toy", "10_toy_i", "11_toy_j"]
    assert (toys / "docs" / "think-on.md").read_text() == (
        "# Answers\n\n## Lab 10\n\nSee [Lab 11](../notebooks/11_toy_j.ipynb), and [Lab 08](../README.md#toy_h).\n\n"
        "## Lab 11\n\nB.\n"
    )
    assert "Lab 10 of 11 · Toys" in (toys / "notebooks" / "10_toy_i.ipynb").read_text()


def test_a_leftover_folder_moves_nothing(toys: Path) -> None:
    """Git leaves `__pycache__` behind where another branch had the lab under another number."""
    (toys / "labs" / "03_toy_i" / "__pycache__").mkdir(parents=True)
    before = contents(toys)
    assert references.moved(toys) == {}
    assert references.write(toys, syllabus.load) == []
    assert contents(toys) == before


# The course as it is.


def copied(to: Path) -> Path:
    """The course, as far as numbers are in it."""
    for folder in ("labs", "notebooks", "solutions", "app", "docs", "perflab"):
        shutil.copytree(ROOT / folder, to / folder, ignore=shutil.ignore_patterns("__pycache__", "*.backup"))
    for file in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", "LICENSE"):
        shutil.copy(ROOT / file, to / file)
    (to / "tests" / "cheats").mkdir(parents=True)
    return to


@pytest.mark.parametrize(
    "places", [(8, 9), (0, 31), (4, 18)], ids=["from one digit to two", "the first and the last", "of two parts"]
)
def test_the_course_with_two_labs_swapped_has_no_fault(tmp_path: Path, places: tuple[int, int]) -> None:
    root = copied(tmp_path)
    one, other = (syllabus.load(root).labs[place] for place in places)
    file = root / "labs" / "course.toml"
    swap = {one.name: other.name, other.name: one.name}
    file.write_text(re.sub(r'(?<=^    ")\w+', lambda found: swap.get(found[0], found[0]), file.read_text(), flags=re.M))
    references.write(root, syllabus.load)
    course = syllabus.load(root)
    assert [lab.name for lab in (course.labs[place] for place in places)] == [other.name, one.name]
    assert [str(fault) for fault in audit.audit_course(course)] == []
    assert [str(fault) for lab in course.ready for fault in audit.audit(lab)] == []
    assert broken_links(root) == []


PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/*.md", "notebooks/*.ipynb")
CODE = r"(?ms)^```.*?^```|`[^`\n]+`"
LINK = r"\]\(([^)\s]+)\)|\b(?:href|src)=\"([^\"]+)\""


def prose(page: Path) -> str:
    """What a page says; of a notebook, its markdown cells."""
    if page.suffix != ".ipynb":
        return page.read_text()
    cells = json.loads(page.read_text())["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def anchors(page: Path) -> set[str]:
    """What a link to a page may name after `#`: its headings, as GitHub spells them, and each `<a id>`."""
    text = re.sub(CODE, lambda code: "" if code[0].startswith("```") else code[0], prose(page))
    headings = re.findall(r"(?m)^#+ +(.+?)\s*$", text)
    spelled = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return spelled | set(re.findall(r'<a id="([^"]+)"', text))


def broken_links(root: Path) -> list[str]:
    """Every relative link that leads nowhere."""
    broken = []
    for page in (page for pattern in PAGES for page in sorted(root.glob(pattern))):
        for found in re.finditer(LINK, re.sub(CODE, "", prose(page))):
            link = found[1] or found[2]
            file, _, anchor = link.partition("#")
            there = page.parent / file if file else page
            if re.match(r"\w+:", link):
                continue
            if not there.exists() or (anchor and anchor not in anchors(there)):
                broken.append(f"{page.relative_to(root)}: {link}")
    return broken


def test_each_relative_link_leads_to_a_file_and_a_heading() -> None:
    assert broken_links(ROOT) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text('# The `course`, now\n<a id="kite"></a>\n')
    (tmp_path / "docs" / "page.md").write_text(
        "[a](../README.md#the-course-now) [b](../README.md#kite) [c](https://example.org/x) [d](#here) `[e](no.md)`\n"
        "[f](no.md) [g](../README.md#no) [h](#no) ![i](no.png)\n\n# Here\n"
    )
    assert broken_links(tmp_path) == [f"docs/page.md: {link}" for link in ("no.md", "../README.md#no", "#no", "no.png")]


def test_each_mention_of_a_lab_names_one_that_there_is() -> None:
    labs: dict[str, Lab] = {f"{lab.number:02d}": lab for lab in syllabus.load().labs}
    for page in (page for pattern in PAGES for page in sorted(ROOT.glob(pattern))):
        assert set(re.findall(r"\bLab (\d\d)\b", prose(page))) <= set(labs), page
