"""Makes the course's environment: `python3 -I tools/bootstrap.py .venv`. Only the standard library is there yet.

It says what it does in one line, and what went wrong in one sentence. It must parse on old Pythons, to tell them so.
"""

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
NEWEST = (3, 14)


def give_up(sentence):
    sys.exit("\n" + sentence)


def find_another():
    """Goes on with a Python that the packages are made for, if there is one beside this one."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        path = shutil.which("python%d.%d" % (OLDEST[0], minor))
        if path and subprocess.call([path, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            os.execv(path, [path, "-I"] + sys.argv)
    give_up(
        "This course needs Python %d.%d to %d.%d, and this is %s. " % (OLDEST + NEWEST + (sys.version.split()[0],))
        + "Install one, or name it: make lab-32 PYTHON=/path/to/python3.12"
    )


def environment():
    """This shell's environment, less what would send packages elsewhere than into the course's own."""
    elsewhere = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PYTHONPATH", "PYTHONHOME")
    kept = {name: value for name, value in os.environ.items() if name not in elsewhere}
    return dict(kept, PIP_USER="0")


def run(what, *command):
    """Runs one step quietly; ends with what it printed and one sentence if it fails."""
    done = subprocess.run(
        command,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        env=environment(),
    )
    if done.returncode:
        sys.stderr.write("\n".join(done.stdout.splitlines()[-12:]))
        give_up(what)


def main():
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        find_another()
    folder = sys.argv[1]
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    print("Setting up the course in %s with Python %s: once, about a minute." % (folder, sys.version.split()[0]))
    sys.stdout.flush()
    run(
        "Could not make a virtual environment. On Debian and Ubuntu: sudo apt install python3-venv",
        *[sys.executable, "-m", "venv", "--clear", folder],
    )
    python = os.path.join(folder, "bin", "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run(
        "Could not fetch the course's packages. The first set-up needs a network; later runs do not.",
        *(pip + ["--retries", "2", "--require-hashes", "-r", os.path.join(root, "requirements.lock")]),
    )
    run("Could not install the course itself.", *(pip + ["--no-deps", "--no-build-isolation", "-e", root]))


try:
    main()
except KeyboardInterrupt:
    sys.stderr.write("\nInterrupted. The course is not set up yet: the same command begins again.\n")
    sys.exit(130)
