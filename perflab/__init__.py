"""The kit behind the course: it serves a lab's sides, drives real load at them, and judges by measurement.

Start reading at `judge/experiment.py`: one lab, measured and judged. Each package imports only from those above it:

    traffic       users for locustfiles, in the load generator's own process
    files         one way to write a file
    interrupt     Ctrl-C at any moment
    measure       what a round leaves behind, one number per metric, this machine
    course        a lab as declared, the course in order, a learner's files
    judge         the rule, fairness, agreement, the experiment: no process is reached from here
    process       every process of a run: its limits, and the end of its tree
    quiz          the final knowledge test: questions, proofs, a learner's answers
    report        what runs came to: on disk, in words, in charts, on a page, on the board
    bench         the real thing behind the judge: servers, services, load, incidents
    session       whose fix is measured, and its record
    slides        notebooks as decks
    calibration   how often the judge is wrong
    learner       a learner's files, notebooks, hints, progress and terminal

`notebook` and `notebook_quiz` (the cells of a lab, and of the test) and `commands` (what `make` calls) stand below all
of them. Locust patches the process that imports it, so only `traffic` and `bench.load_generator` do, apart from the
kit. `tools/bootstrap.py` sets the course up before any package is there.
"""
