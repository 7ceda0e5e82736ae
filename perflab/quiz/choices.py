"""How often a learner has chosen each option: in `results/quiz/choices.json`, with their other results.

It is kept nowhere else. The answers are in a file of their own, so a count that is damaged costs no answer.
"""

from contextlib import suppress
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from perflab import files

FILE = "results/quiz/choices.json"

Counts = dict[str, dict[str, int]]
"""By the question's id and the option's name."""

_COUNTS = TypeAdapter(Counts)


def load(root: Path) -> Counts:
    """Reads the counts; none where there is no file, or none that can be read."""
    try:
        return _COUNTS.validate_json((root / FILE).read_bytes())
    except (OSError, ValidationError):
        return {}


def note(root: Path, id: str, option: str) -> None:
    """Counts an option of a question once more, if that can be written."""
    counts = load(root)
    of_question = counts.setdefault(id, {})
    of_question[option] = of_question.get(option, 0) + 1
    with suppress(OSError):
        files.write(root / FILE, _COUNTS.dump_json(counts, indent=1))
