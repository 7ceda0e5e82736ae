"""A set of questions on paper, and for a learning platform: one HTML page, and Moodle's XML."""

import html
from base64 import b64encode
from pathlib import Path
from xml.etree import ElementTree as Xml

import mistune

from perflab.quiz import wording
from perflab.quiz.paper import Asked, Paper
from perflab.quiz.questions import TITLE

STYLE = """
body { font: 11pt/1.45 system-ui, sans-serif; max-width: 42em; margin: 2em auto; padding: 0 1em; color: #222 }
section { break-inside: avoid; margin: 2em 0 } pre { background: #f4f4f4; padding: .6em; overflow-x: auto }
img { max-width: 100% } ol { list-style: lower-alpha } li { margin: .4em 0 } .right { font-weight: bold }
.comment { color: #555; font: italic 1em system-ui, sans-serif } p { margin: .4em 0 }
"""


def page(root: Path, paper: Paper, keys: bool) -> str:
    """The set as one HTML page that loads nothing; with keys, the right option is marked and each has its comment."""
    title = f"{TITLE}, set {paper.seed}{', with keys' if keys else ''}"
    sections = "\n".join(_section(root, one, number, keys) for number, one in enumerate(paper.asked, 1))
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{STYLE}</style>\n<h1>{html.escape(title)}</h1>\n"
        f"<p>{len(paper.asked)} questions, one right answer each. {paper.needed} pass.</p>\n{sections}\n</html>\n"
    )


def _section(root: Path, one: Asked, number: int, keys: bool) -> str:
    items = []
    for (_, text), option in zip(wording.choices(one), one.options, strict=True):
        comment = f'<div class="comment">{_html(option.comment)}</div>' if keys else ""
        items.append(f"<li{' class=right' if keys and option.right else ''}>{_html(text)}{comment}</li>")
    lab = f" (Lab {one.lab.number:02d}, {html.escape(one.lab.title)})" if keys else ""
    return f"<section><h3>{number}.{lab}</h3>{_question(root, one)}<ol>{''.join(items)}</ol></section>"


def _question(root: Path, one: Asked) -> str:
    if (picture := wording.picture(root, one)) is None:
        return _html(wording.body(one))
    data = b64encode(picture).decode()
    image = f'<img alt="{html.escape(wording.described(one))}" src="data:image/png;base64,{data}">'
    return _html(wording.body(one)) + image


def _html(markdown: str) -> str:
    return str(mistune.html(markdown))


def moodle(root: Path, paper: Paper) -> str:
    """The set in Moodle's XML: multiple choice, each option with its comment as feedback."""
    quiz = Xml.Element("quiz")
    for one in paper.asked:
        question = Xml.SubElement(quiz, "question", type="multichoice")
        Xml.SubElement(Xml.SubElement(question, "name"), "text").text = one.question.id
        _text(question, "questiontext", _question(root, one))
        for name, value in (("single", "true"), ("shuffleanswers", "true"), ("answernumbering", "abc")):
            Xml.SubElement(question, name).text = value
        for (_, text), option in zip(wording.choices(one), one.options, strict=True):
            answer = _text(question, "answer", _html(text))
            answer.set("fraction", "100" if option.right else "0")
            _text(answer, "feedback", _html(option.comment))
    Xml.indent(quiz)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(quiz, encoding="unicode") + "\n"


def _text(parent: Xml.Element, name: str, said: str) -> Xml.Element:
    element = Xml.SubElement(parent, name, format="html")
    Xml.SubElement(element, "text").text = said
    return element
