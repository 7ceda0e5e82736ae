"""The course as declared in `labs/syllabus.toml`: every lab once, in order. Paths are derived, never written."""

import math
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from perflab.measure.metrics import KINDS, Kind, waited_ms
from perflab.measure.samples import SETTLE_S, Samples

ROOT = Path(__file__).resolve().parent.parent

Side = Literal["slow", "yours", "reference"]
Picture = Literal[
    "lanes", "crowd", "workers", "timeline", "memory", "sessions", "shutdown", "fates", "flame", "promises",
    "waterfall", "street",
]  # fmt: skip
Check = Literal["a_worker_per_core", "killed_worker_replaced", "stop_ends_all", "stall_told", "new_comment_shows"]
Positive = Annotated[float, Field(gt=0)]


DERIVED = ("root", "name", "number")  # from where the course lies, and a table's name and place in it


class SyllabusError(Exception):
    """Something in the syllabus is not as it must be. Its text names the lab, the key and the mend."""


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Measure(_Declared):
    """What shows the bottleneck: a kind of figure, over the requests of one name or over all."""

    kind_name: str = Field(alias="measure")
    of: str | None = None
    # Either there is a gap to close:
    visible: Positive | None = None  # how far apart slow and reference are in a round that counts: factor or difference
    goal: Annotated[float, Field(gt=0, le=1)] = 0.7  # the share of that gap which solves the lab
    # Or there is something to keep:
    within: Positive | None = None  # how much worse than slow the fix may be: a factor, or a difference
    truth: bool = False  # whether the server knows it: the figure is then how far off the measured one is, a factor
    before_incident: bool = False  # count only what was due before the lab's incident struck
    called: str = ""  # what learners read, where the kind's own name would not do
    stuck: str  # advice while hardly any of the gap is closed
    partly: str  # advice while some of it is

    @field_validator("kind_name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in KINDS:
            raise ValueError(f"There are {', '.join(KINDS)}")
        return name

    @model_validator(mode="after")
    def _once(self) -> Self:
        if self.before_incident and self.kind_name.startswith("rss"):
            raise ValueError("Memory is measured up to the incident anyhow: remove 'before_incident'")
        if (self.visible is None) == (self.within is None):
            raise ValueError("It needs 'visible' for a gap to close, or 'within' for something to keep, and not both")
        if self.truth and not self.kind.percentile:
            raise ValueError("'truth' is known of percentiles only")
        if self.within and self.kind.log and self.within <= 1:
            raise ValueError("'within' is a factor here, and must be more than 1")
        return self

    @property
    def kind(self) -> Kind:
        return KINDS[self.kind_name]

    @property
    def label(self) -> str:
        return self.called or (f"{self.kind.label} of {self.of}" if self.of else self.kind.label)

    def figure(self, samples: Samples) -> float:
        """The measured figure, in the kind's unit."""
        figure = self.kind.compute(samples.before_incident() if self.before_incident else samples, self.of)
        if not self.truth:
            return figure
        assert self.kind.percentile
        if len(samples.of(self.of)) * (1 - self.kind.percentile) < 1 - 1e-9:
            return math.nan  # of fewer than a hundred, p99 is whoever waited longest
        truth = waited_ms(samples.stalls, samples.seconds, self.kind.percentile)
        return max(figure / truth, truth / figure)

    def worse(self, value: float, than: float) -> float:
        """How much worse one figure is than another: a factor, or a difference."""
        worse, better = (than, value) if self.kind.more_is_better else (value, than)
        return worse / better if self.kind.log else worse - better

    def in_words(self, value: float) -> str:
        if self.truth:
            return f"{value:,.1f} times off"
        return f"{value:,.{self.kind.digits}f} {self.kind.unit}".strip()


class Incident(_Declared):
    """Something that happens to a side in mid-load, or to a service that it asks."""

    kind: Literal["reload", "terminate", "silence"]
    at_s: Positive
    of: str = ""  # who falls silent, until the load is over

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if bool(self.of) != (self.kind == "silence"):
            raise ValueError("A silence is 'of' one of the services' desks, and nothing else is")
        return self


class Lab(_Declared):
    """One row of the course. A lab still to come has no measures yet."""

    root: Path
    name: str
    number: int
    part: int
    title: str
    question: str
    node: str  # its counterpart in the Node course this one answers
    minutes: Annotated[int, Field(gt=0)] = 30
    aim: str = ""  # the goal, in words
    picture: Picture = "lanes"
    files: tuple[Literal["fix.py", "gunicorn.conf.py", "traffic.py"], ...] = Field(("fix.py",), strict=False)
    seconds: Positive = 2.0  # of load in a round
    warm_up_s: Positive = 0.6  # of load before the first round
    endurance_s: Positive | None = None  # of load in the end, where memory must stay or answers be true for longer
    measures: tuple[Measure, ...] = Field((), strict=False)
    may_differ: tuple[str, ...] = Field((), strict=False)  # JSON fields that agreement ignores
    may_differ_under_load: tuple[str, ...] = Field((), strict=False)  # and those that it ignores under load only
    may_refuse: bool = False  # whether the fix may turn away what slow serves: the measures say how much of it
    takes_ms: dict[str, Positive] = {}  # what requests of a name wait for, on every side
    every_ms: dict[str, Positive] = {}  # from one of a name, or of the "jobs", to the next: no side can do more
    incident: Incident | None = None
    checks: tuple[Check, ...] = Field((), strict=False)
    cores: int = 1  # how many it needs
    needs: tuple[Literal["postgres", "upstream"], ...] = Field((), strict=False)  # the services it needs
    hints: tuple[str, ...] = Field((), strict=False)

    @property
    def ready(self) -> bool:
        return bool(self.measures)

    @property
    def shown(self) -> Measure:
        """The measure that pictures and predictions are about: the one about latency, where there is one."""
        return next((one for one in self.measures if one.kind.percentile), self.measures[0])

    @property
    def is_profiled(self) -> bool:
        """Whether its picture needs to know where the time goes."""
        return self.picture == "flame"

    @property
    def slug(self) -> str:
        return f"{self.number:02d}_{self.name}"

    @property
    def folder(self) -> Path:
        return self.root / "labs" / self.slug

    @property
    def solution(self) -> Path:
        return self.root / "solutions" / self.slug

    @property
    def is_about_load(self) -> bool:
        """Whether the learner mends the load test, and the site is the same on every side."""
        return "traffic.py" in self.files

    def scenario(self, fix: Path | None) -> Path:
        """The locustfile that drives a side with this fix."""
        if not self.is_about_load:
            return self.folder / "traffic.py"
        return fix or self.slow_source

    @property
    def slow_source(self) -> Path:
        """The code that the learner starts from."""
        return self.root / "app" / ("load_tests" if self.is_about_load else "parts") / f"{self.name}.py"

    @property
    def notebook(self) -> Path:
        return self.root / "notebooks" / f"{self.slug}.ipynb"

    def results(self, ending: str) -> Path:
        """Progress is kept by name, so that a renumbered course strands nobody."""
        return self.root / "results" / f"{self.name}{ending}"

    def fix(self, side: Side) -> Path | None:
        """Where a side's fix is: a file, or the folder where the lab has several."""
        if side == "slow":
            return None
        folder = self.folder if side == "yours" else self.solution
        return folder if len(self.files) > 1 else folder / self.files[0]

    def tempting(self) -> list[Path]:
        """Plausible fixes that are wrong: the judge must reject them."""
        return sorted(self.solution.glob("tempting_*"))

    def others(self) -> list[Path]:
        """Good fixes that are not ours: the judge must accept them."""
        return sorted(self.solution.glob("other_*"))

    def shipped(self, file: str) -> str:
        """The learner's file as the course ships it: it says nothing yet."""
        if file == "gunicorn.conf.py":
            return (
                f'"""Lab {self.number}: how gunicorn runs the site.\n\n'
                "While this file sets nothing, the site runs as shipped, in one uvicorn process. With the first\n"
                'setting you write here, gunicorn serves it instead.\n"""\n'
            )
        about = f'"""Lab {self.number}: {self.question}\n\n'
        number = f"{self.number:02d}"
        if file == "traffic.py":
            return (
                f"{about}The users defined here replace the site's own load test. `make start-{number}` copies it\n"
                f'here, for you to change; `make reset-{number}` brings this file back.\n"""\n\n'
                f'from app.load_tests.{self.name} import Visitor\n\n__all__ = ["Visitor"]\n'
            )
        return (
            f"{about}What you name here replaces the slow site's own. `make start-{number}` copies the slow code\n"
            f'in, for you to change; `make reset-{number}` brings this file back.\n"""\n\n'
            f'from app.parts.{self.name} import router\n\n__all__ = ["router"]\n'
        )

    def started(self, file: str) -> str:
        """The learner's file at the start of the work: the slow source, to change."""
        return self.shipped(file) if file == "gunicorn.conf.py" else self.slow_source.read_text()


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
