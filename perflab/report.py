"""The result page."""
from pathlib import Path
from perflab.experiment import Result
from perflab.syllabus import Syllabus


def write(result: Result, course: Syllabus) -> Path:
    path = result.lab.results(".html")
    path.write_text("x")
    return path
