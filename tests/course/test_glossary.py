"""The field's terms: each lab names some to search for, and the glossary leads to pages that use its words."""

import json
import re

import pytest

from perflab.course import syllabus
from perflab.course.lab import ROOT, Lab

COURSE = syllabus.load()
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text()
ENTRIES = re.findall(r"(?m)^- \*\*(.+?)\*\*: (.+)$", GLOSSARY)


def prose(lab: Lab) -> str:
    """A notebook's own words, without the marks of Markdown's emphasis and quotations, in one line."""
    cells = json.loads(lab.notebook.read_text())["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return " ".join(re.sub(r"(?m)^> ?|\*", "", text).split())


@pytest.mark.parametrize("lab", COURSE.ready, ids=lambda lab: lab.slug)
def test_a_rule_is_followed_by_terms_to_search_for(lab: Lab) -> None:
    cells = json.loads(lab.notebook.read_text())["cells"]
    rule = next(text for cell in cells if "**The rule:**" in (text := "".join(cell["source"])))
    found = re.search(r"(?m)^(?:> )?Search for: (.+)$", rule)
    assert found
    assert 2 <= len(found[1].split(", ")) <= 5


def test_the_glossary_has_each_term_once_and_in_order() -> None:
    terms = [term.lower() for term, _ in ENTRIES]
    assert len(terms) == GLOSSARY.count("\n- ") > 20
    assert terms == sorted(set(terms))


@pytest.mark.parametrize(("term", "text"), ENTRIES, ids=[term for term, _ in ENTRIES])
def test_a_term_leads_to_labs_that_use_it(term: str, text: str) -> None:
    linked = re.findall(r"\[Lab (\d\d)\]\(\.\./notebooks/(\w+)\.ipynb\)", text)
    labs = {lab.slug: lab for lab in COURSE.ready}
    assert linked
    for number, slug in linked:
        assert slug.startswith(f"{number}_")
        assert term.lower() in prose(labs[slug]).lower()
