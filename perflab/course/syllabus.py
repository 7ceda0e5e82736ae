"""The course: every lab once, in order, as declared in `labs/syllabus.toml`."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from perflab.course.lab import ROOT, Incident, Lab, Measure
from perflab.measure.samples import SETTLE_S

DERIVED = ("root", "name", "number")  # from where the course lies, and a table's name and place in it


class SyllabusError(Exception):
    """Something in the syllabus is not as it must be. Its text names the lab, the key and the mend."""


class Syllabus(BaseModel):
    parts: tuple[str, ...]
    labs: tuple[Lab, ...]

    def by_number(self, number: int) -> Lab | None:
        return next((lab for lab in self.labs if lab.number == number), None)

    def by_name(self, name: str) -> Lab:
        """Raises SyllabusError for a name that is not there."""
        for lab in self.labs:
            if lab.name == name:
                return lab
        raise SyllabusError(f"No lab is named {name!r}. There are: {', '.join(lab.name for lab in self.labs)}.")

    @property
    def ready(self) -> list[Lab]:
        return [lab for lab in self.labs if lab.ready]


def _in_words(name: str, table: dict[str, Any], error: ValidationError) -> str:
    """The first thing wrong with a lab's table, in one sentence, with the mend."""
    first = error.errors()[0]
    key = ".".join(str(step) for step in first["loc"])
    tables: dict[str, type[BaseModel]] = {"measures": Measure, "incident": Incident}
    within = tables.get(str(first["loc"][0]), Lab)
    match first["type"]:
        case "missing":
            return f"Lab {name!r}: the key {key!r} is missing. Add it in labs/syllabus.toml."
        case "extra_forbidden":
            known = sorted(field.alias or name for name, field in within.model_fields.items() if name not in DERIVED)
            return f"Lab {name!r}: {key!r} is not a key. Remove it, or mend its name: there are {', '.join(known)}."
        case _:
            said = first["msg"].removeprefix("Value error, ")
            return f"Lab {name!r}: {key!r} is {first['input']!r}. {said}. Mend it in labs/syllabus.toml."


def _parts(table: Any) -> tuple[str, ...]:
    parts = table.get("parts") if isinstance(table, dict) else None
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise SyllabusError(f"'course': 'parts' is {parts!r}, but must be a list of the parts' names.")
    return tuple(parts)


def _allowed(name: str, table: Any) -> dict[str, Any]:
    """A lab's table, without keys that are not for it to set."""
    if not isinstance(table, dict):
        raise SyllabusError(f"{name!r} is {table!r}, above the first table. Move it below the lab it belongs to.")
    for key in DERIVED:
        if key in table:
            raise SyllabusError(f"Lab {name!r}: {key!r} is not a key. Remove it: it is derived.")
    return table


def load(root: Path = ROOT) -> Syllabus:
    """Reads and checks the syllabus. Raises SyllabusError at the first thing that is wrong."""
    file = root / "labs" / "syllabus.toml"
    try:
        tables = tomllib.loads(file.read_text())
    except FileNotFoundError:
        raise SyllabusError(f"There is no syllabus at {file}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SyllabusError(f"labs/syllabus.toml is not TOML: {error}.") from None
    parts = _parts(tables.pop("course", {}))
    labs: list[Lab] = []
    for number, (name, table) in enumerate(tables.items(), 1):
        try:
            lab = Lab.model_validate({**_allowed(name, table), "root": root, "name": name, "number": number})
        except ValidationError as error:
            raise SyllabusError(_in_words(name, table, error)) from None
        if lab.incident and not SETTLE_S < lab.incident.at_s < lab.seconds:
            raise SyllabusError(
                f"Lab {name!r}: 'incident.at_s' is {lab.incident.at_s}, but must be after {SETTLE_S} s and before the "
                f"{lab.seconds} s of load are over."
            )
        if not 1 <= lab.part <= len(parts):
            raise SyllabusError(f"Lab {name!r}: 'part' is {lab.part}, but the course has parts 1 to {len(parts)}.")
        if labs and lab.part < labs[-1].part:
            raise SyllabusError(f"Lab {name!r}: 'part' is {lab.part}, after a lab of part {labs[-1].part}. Move it up.")
        labs.append(lab)
    return Syllabus(parts=parts, labs=tuple(labs))
