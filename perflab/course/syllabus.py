"""The course: its labs in order, as declared in `labs/course.toml` and in each lab's own `lab.toml`."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from perflab.course.lab import ROOT, Incident, Lab, Metric, Proxy

ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")
DERIVED = ("root", "name", "number", "part")  # from where the course lies, and a lab's place in it


class SyllabusError(Exception):
    """A fault in the syllabus. Its text names the lab, the key and the remedy."""


class Part(BaseModel):
    """A part of the course: its title, and the names of its labs in order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    labs: tuple[str, ...]


class Outline(BaseModel):
    """`labs/course.toml`: which labs there are, and in which order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    parts: tuple[Part, ...]


class Syllabus(BaseModel):
    """The whole course."""

    root: Path
    parts: tuple[str, ...]
    labs: tuple[Lab, ...]

    def by_number(self, number: int) -> Lab | None:
        """The lab at this place, or None."""
        return next((lab for lab in self.labs if lab.number == number), None)

    def by_name(self, name: str) -> Lab:
        """The lab of this name. Raises SyllabusError where there is none."""
        for lab in self.labs:
            if lab.name == name:
                return lab
        raise SyllabusError(f"No lab is named {name!r}. There are: {', '.join(lab.name for lab in self.labs)}.")

    def part_title(self, number: int) -> str:
        """A part as it is headed, e.g. "Part II · Waiting well"."""
        return f"Part {ROMAN[number - 1]} · {self.parts[number - 1]}"

    @property
    def ready(self) -> list[Lab]:
        """The labs that can be worked on; the others are still to come."""
        return [lab for lab in self.labs if lab.ready]


def load(root: Path = ROOT) -> Syllabus:
    """Reads and checks the whole course. Raises SyllabusError at the first fault."""
    declared = outline(root)
    labs: list[Lab] = []
    for place, part in enumerate(declared.parts, 1):
        for name in part.labs:
            if any(lab.name == name for lab in labs):
                raise SyllabusError(f"labs/course.toml names {name!r} twice. Remove one of them.")
            labs.append(_lab(root, name, len(labs) + 1, place))
    return Syllabus(root=root, parts=tuple(part.title for part in declared.parts), labs=tuple(labs))


def outline(root: Path) -> Outline:
    """Reads `labs/course.toml`: the parts, and the names of their labs. Raises SyllabusError."""
    try:
        return Outline.model_validate(_read(root, root / "labs" / "course.toml"))
    except FileNotFoundError:
        raise SyllabusError(f"There is no course at {root}: labs/course.toml is missing.") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(step) for step in first["loc"])
        raise SyllabusError(
            f"labs/course.toml: {key!r} is not as it must be ({first['msg'].lower()}). "
            "It has a table [[parts]] for each part, with 'title' and 'labs', a list of names."
        ) from None


def _lab(root: Path, name: str, number: int, part: int) -> Lab:
    folder = root / "labs" / f"{number:02d}_{name}"
    try:
        table = _read(root, folder / "lab.toml")
    except FileNotFoundError:
        raise SyllabusError(_not_there(folder, name)) from None
    for key in DERIVED:
        if key in table:
            raise SyllabusError(f"Lab {name!r}: {key!r} is not a key. Remove it: it is derived.")
    try:
        return Lab.model_validate({**table, "root": root, "name": name, "number": number, "part": part})
    except ValidationError as error:
        raise SyllabusError(_in_words(name, f"labs/{folder.name}/lab.toml", error)) from None


def _not_there(folder: Path, name: str) -> str:
    """Where a lab's declaration is missing: one sentence, and the remedy."""
    elsewhere = sorted(path.parent.name for path in folder.parent.glob(f"[0-9][0-9]_{name}/lab.toml"))
    if elsewhere:
        return (
            f"Lab {name!r} has number {folder.name[:2]} in labs/course.toml, and is in labs/{elsewhere[0]}. "
            "`python -m perflab check --write` renames it."
        )
    return f"Lab {name!r} has no labs/{folder.name}/lab.toml. `python -m perflab new {name}` writes one."


def _read(root: Path, file: Path) -> dict[str, Any]:
    """One TOML file. Raises FileNotFoundError, and SyllabusError where it is not TOML."""
    try:
        return tomllib.loads(file.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SyllabusError(f"{file.relative_to(root).as_posix()} is not TOML: {error}.") from None


def _in_words(name: str, file: str, error: ValidationError) -> str:
    """The first thing wrong with a lab's table, in one sentence, with the remedy."""
    first = error.errors()[0]
    key = ".".join(str(step) for step in first["loc"])
    tables: dict[str, type[BaseModel]] = {"metrics": Metric, "incident": Incident, "proxy": Proxy}
    model = tables.get(str(first["loc"][0]) if first["loc"] else "", Lab)
    match first["type"]:
        case "missing":
            return f"Lab {name!r}: the key {key!r} is missing. Add it in {file}."
        case "extra_forbidden":
            known = sorted(field.alias or name for name, field in model.model_fields.items() if name not in DERIVED)
            return f"Lab {name!r}: {key!r} is not a key. Remove it, or correct its name: there are {', '.join(known)}."
        case _:
            said = first["msg"].removeprefix("Value error, ")
            return f"Lab {name!r}: {key!r} is {first['input']!r}. {said}. Correct it in {file}."
