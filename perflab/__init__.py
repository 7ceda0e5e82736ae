"""The kit behind the course: it serves a lab's sides, drives real load at them, and judges by measurement.

Each module imports only from those above it; `tests/test_layers.py` keeps it so.

    samples       what a round leaves behind
    stats         one number per measure
    syllabus      the course as declared
    keeper        the parent of every process: limits, and the end of the tree
    process       a process of a run, as the kit sees it
    server        one side, running
    services      what a lab needs besides its own site
    profiler      where a running side spends its time
    driver        the load generator, as the kit sees it
    mechanism     does a fix work the way the lab is about?
    watch         is a round fair?
    bench         the seam between the rule and reality
    agreement     same questions, same answers?
    verdict       the rule, apart from all that measures
    experiment    one lab, measured and judged: start reading here
    words         what a result means
    evidence      results on disk
    charts        the pictures
    report        the result page
    grade         whose fix is measured
    trials        fixes of known worth, judged many times
    replay        recorded rounds, judged again by this rule and by others
    qualify       how often the judge is wrong
    digest        prose in short
    listing       code for a wall
    slides        a notebook as slides
    browser       a Chromium without a window
    decks         slides on disk
    desk          the learner's files, hints and progress
    doctor        is this machine fit?
    terminal      a lab in the terminal
    notebook      a lab in its notebook

Apart from these, and in processes of their own: `traffic` (for locustfiles) and `drive` (the load generator), which
import Locust; `postgres`, a database for the labs that need one, as `app.world.upstream` is another team's services; and
`environment`, which sets the course up before any of its packages are there.
"""
