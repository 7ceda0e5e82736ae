"""The templates of the pages, and text as HTML."""

from pathlib import Path

import jinja2
from markupsafe import Markup, escape

PAGES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    keep_trailing_newline=True,
)


def marked(text: str) -> Markup:
    """Returns a plain text as HTML, in which what is between backticks is code."""
    parts = escape(text).split("`")
    return Markup("").join(Markup("<code>{}</code>").format(part) if i % 2 else part for i, part in enumerate(parts))


PAGES.filters["marked"] = marked
