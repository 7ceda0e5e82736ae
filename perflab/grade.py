"""Which fix is measured, for a learner at work and for a grader."""

import os
from pathlib import Path

from perflab import experiment
from perflab.bench import LiveBench
from perflab.experiment import Listener, Result
from perflab.syllabus import Lab, Side

SIDE_VARIABLE = "PERFLAB_YOURS"  # "reference" puts our fix in the learner's place: `pytest --nbval --solutions`


def yours(lab: Lab) -> Path | None:
    """The fix in the learner's place: their own, unless a grader says otherwise."""
    side: Side = "reference" if os.environ.get(SIDE_VARIABLE) == "reference" else "yours"
    return lab.fix(side)


def measure(lab: Lab, tell: Listener, fix: Path | None = None, seed: int | None = None) -> Result:
    """Runs a lab for real, with the learner's fix or the one given."""
    fixes: dict[Side, Path | None] = {"slow": None, "yours": fix or yours(lab), "reference": lab.fix("reference")}
    with LiveBench(lab, fixes) as bench:
        return experiment.run(lab, bench, tell, seed)
