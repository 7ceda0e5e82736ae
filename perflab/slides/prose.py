"""Prose in short: what of a paragraph goes on a slide. Markdown in, Markdown or HTML out."""

import re
from typing import Any

import mistune

WORDS = 45  # of a quotation

_to_html: Any = mistune.create_markdown(escape=True, plugins=["table"])


def paragraphs(markdown: str) -> list[str]:
    """Returns a text's blocks, as blank lines divide them."""
    return [block for block in re.split(r"\n[ \t]*\n", markdown.strip("\n")) if block.strip()]


def is_prose(block: str) -> bool:
    """Returns whether a block is a paragraph, and not a heading, a quotation, a list, a table or code."""
    return not re.match(r"#|>|[-*] | {4}|\||```|\d+\. ", block)


def sentences(block: str) -> list[str]:
    """Returns a paragraph's sentences. None ends within quotation marks, emphasis or code."""
    text = " ".join(block.split())
    found, start = [], 0
    for end in re.finditer(r"[.!?][\"*)`]*(?=\s+[\"*`(]*[A-Z0-9])", text):
        sentence = text[start : end.end()].strip()
        if all(sentence.count(mark) % 2 == 0 for mark in '"`*'):
            found.append(sentence)
            start = end.end()
    return [*found, text[start:].strip()] if text[start:].strip() else found


def opening(block: str, words: int = 1, without: str = "") -> str:
    """Returns a paragraph's first sentences, as many as it takes to have some words, but at least one.

    Those that are part of `without` are left out.
    """
    taken: list[str] = []
    for sentence in sentences(block):
        if sentence not in without:
            taken.append(sentence)
        if len(" ".join(taken).split()) >= words:
            break
    return " ".join(taken)


def last_quote(block: str) -> str:
    """Returns a paragraph's last quotation, if any: its sentences with quotation marks, or in italics as a whole."""
    said: list[str] = []
    for sentence in reversed(sentences(block)):
        if len(" ".join([sentence, *said]).split()) > WORDS:
            break
        if '"' in sentence or re.search(r"(?<!\*)\*[A-Z][^*]+\.\*", sentence):
            said.insert(0, sentence)
        elif said:
            break
    return " ".join(said)


def key_sentence(block: str) -> str:
    """Returns the first sentence with bold words, if any; after a bold label, also the sentence that explains it."""
    said = sentences(block)
    for index, sentence in enumerate(said):
        if "**" in sentence:
            is_label = re.fullmatch(r"\*\*[^*]+\*\*", sentence) and index + 1 < len(said)
            return f"{sentence} {said[index + 1]}" if is_label else sentence
    return ""


def around_bold(block: str) -> tuple[str, str, str]:
    """Returns a paragraph's bold question (or else its first bold words), between the text before it and after it."""
    text = " ".join(block.split())
    found = re.search(r"\*\*([^*]+\?)\*\*", text) or re.search(r"\*\*(.+?)\*\*", text)
    if not found:
        return "", text, ""
    return text[: found.start()].strip(), found[1], text[found.end() :].strip()


def html(markdown: str) -> str:
    """Returns Markdown as HTML, with typographic quotation marks outside code, and of each link only its text.

    A deck is handed round without the notebooks, and the links in those lead from one to another.
    """
    text = re.sub(r"</?a\b[^>]*>", "", str(_to_html(markdown)))
    text = re.sub(r"<th\b", '<th scope="col"', text)
    parts = re.split(r"(<(?:code|pre)\b.*?</(?:code|pre)>|<[^>]+>)", text, flags=re.DOTALL)
    for index in range(0, len(parts), 2):  # those in between are code, or markup
        opened = re.sub(r"(^|[\s(])&quot;", r"\1“", parts[index])
        parts[index] = opened.replace("&quot;", "”").replace("'", "’")
    return "".join(parts)


def inline(markdown: str) -> str:
    """Returns a paragraph as HTML, without the element around it."""
    return re.sub(r"^<p>|</p>\s*$", "", html(" ".join(markdown.split())))


def breakable(html: str) -> str:
    """Returns HTML in which a long name in code may break between its words, and not within one."""
    return re.sub(r"<code>.*?</code>", lambda code: re.sub(r"(?<=_)(?=\w)|(?<=[a-z])(?=[A-Z])", "<wbr>", code[0]), html)


def paragraph(markdown: str, css: str = "") -> str:
    """Returns a paragraph as HTML, with a class; nothing for no text."""
    return f'<p class="{css}">{inline(markdown)}</p>' if markdown else ""


def quotation(markdown: str, css: str) -> str:
    """Returns a block quotation as HTML, with a class; its `>` marks may be there or not."""
    return f'<blockquote class="{css}">{inline(re.sub(r"^> ?", "", markdown, flags=re.MULTILINE))}</blockquote>'
