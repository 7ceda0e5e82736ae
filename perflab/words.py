"""Every sentence the kit says about a run, each with what to do next. Nothing here measures or decides."""

UNTOUCHED = "Your file is as shipped. Here is the slow side, and how far our fix gets."
BROKEN = "Your fix does not serve. {reason}"
WRONG = "Your fix answers {request} otherwise than the slow site does{when}."
NOT_YET = "Not yet: {label} closes {closed} of the gap, and {goal} of it are needed."
SOLVED = "Solved."
