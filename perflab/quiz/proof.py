"""The proof of a key: its outcome must select the right option and refute every other.

A program runs in a process of its own, within a time limit. One that needs only the standard library is tried on every
supported Python that is found, any other on the course's own.
"""

import ast
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from perflab.course.audit import Fault
from perflab.process.managed import Process
from perflab.quiz import figures
from perflab.quiz.figures import Unproven
from perflab.quiz.questions import FOLDER, PLACEHOLDER, Bank, Expected, Question, holds

LIMIT_S = 20.0  # for one run of a program
PYTHONS = ("python3.11", "python3.12", "python3.13", "python3.14")


@cache
def pythons() -> tuple[str, ...]:
    """The course's own Python, and every other supported one that is found and starts: some are only shims."""
    own = f"python3.{sys.version_info.minor}"
    found = [path for name in PYTHONS if name != own and (path := shutil.which(name))]
    starts = (
        path for path in found if not subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode
    )
    return (sys.executable, *starts)


def programs(question: Question) -> list[str]:
    """The programs that prove a question: one, or one for each option, with its code in place of the line FIX."""
    if question.proof.trials or question.proof.meets is None:
        return [question.program] if question.program else []
    return [with_code(question.program, option.code) for option in question.options]


def with_code(program: str, code: str) -> str:
    """A program with code in place of its line FIX, indented as that line is."""

    def put(found: re.Match[str]) -> str:
        return "\n".join(found[1] + line if line else line for line in code.strip("\n").split("\n"))

    return re.sub(rf"(?m)^([ \t]*){PLACEHOLDER}$", put, program)


def needs_packages(program: str) -> bool:
    """Whether a program imports more than the standard library."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    return not names <= sys.stdlib_module_names


def pythons_for(question: Question) -> tuple[str, ...]:
    """The Pythons that a question's programs are proven on."""
    if any(needs_packages(program) for program in programs(question)):
        return (sys.executable,)
    return pythons()


def run(program: str, python: str = sys.executable) -> str:
    """What a program prints, without the white space around it. Raises Unproven where it fails, or takes too long."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "question.py"  # a child of its own must be able to import it
        file.write_text(program)
        with Process([python, "-W", "ignore", str(file)]) as process:
            if not process.wait_ended(LIMIT_S):
                raise Unproven(f"its program is not done within {LIMIT_S:.0f} s")
            if process.exit:
                last = process.output[-1] if process.output else f"exit code {process.exit}"
                raise Unproven(f"its program fails: {last}")
            return "\n".join(process.output).strip()


def prove(bank: Bank, question: Question, python: str = sys.executable) -> str:
    """Runs the proof, and returns its outcome. Raises Unproven unless the right option alone holds."""
    if question.proof.meets is not None:
        return _each_option(bank, question, question.proof.meets, python)
    outcome = _outcome(bank.root, question, python)
    held = [option for option in question.options if option.expects is not None and holds(option.expects, outcome)]
    if held != [question.right]:
        said = " and ".join(repr(option.name) for option in held) or "no option"
        raise Unproven(f"the outcome is {outcome!r}, which {said} expects; the key is {question.right.name!r}")
    return outcome


def _outcome(root: Path, question: Question, python: str) -> str:
    proof = question.proof
    if proof.trials:
        return str(figures.trials(root, question.lab, proof.trials, proof.trials.candidate))
    if proof.table:
        return str(figures.of_table(root, question.lab, proof.table))
    if proof.printed:
        return figures.printed(root, question.lab, proof.printed)
    return run(question.program, python)


def _each_option(bank: Bank, question: Question, meets: Expected, python: str) -> str:
    """An outcome for each option: the right one must meet what is asked, and no other may."""
    if asked := question.proof.trials:
        outcomes = [str(figures.trials(bank.root, question.lab, asked, one.candidate)) for one in question.options]
    else:
        outcomes = [run(program, python) for program in programs(question)]
    for option, outcome in zip(question.options, outcomes, strict=True):
        if holds(meets, outcome) != option.right:
            does = "does the job" if holds(meets, outcome) else "does not do the job"
            raise Unproven(f"{option.name!r} {does}: its outcome is {outcome!r}")
    return ", ".join(outcomes)


def audit(bank: Bank) -> Iterator[Fault | Question]:
    """Proves every question on every Python for it: yields what is wrong, and each question when it is done."""
    for question in bank.questions.values():
        file = f"{FOLDER}/{question.lab}.toml"
        for python in pythons_for(question):
            try:
                prove(bank, question, python)
            except Unproven as error:
                yield Fault(file, f"question {question.id}: {error}", "Correct the key, or the question")
        yield question
