# Every target makes the environment first if it is missing: `make lab-01` works on a fresh clone.
PYTHON ?= python3
PERFLAB := .venv/bin/python -m perflab
READY := .venv/.ready-$(shell cksum < requirements.lock | cut -d' ' -f1)
# What a shell says about Python or pytest is not meant for the course: a plugin from PYTHONPATH may break every test.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTEST_ADDOPTS PYTEST_PLUGINS
# Jupyter and Matplotlib write to the home. In a container there may be none.
ifneq ($(shell test -w "$$HOME" || echo none),)
export HOME := $(shell mkdir -p .home && echo "$(CURDIR)/.home")
endif
LABS := lab watch start reset hint rerun check

.PHONY: help setup progress certificate doctor check jupyter quiz quiz-sheet mystery slides slides-pdf grade test test-all test-without-load qualify lint types
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)
setup: $(READY)
$(READY):
	@$(PYTHON) -I tools/bootstrap.py .venv && touch $@

## make lab-01        measure lab 01 and judge your fix
## make watch-01      the same at each save of your file, until `q` (`h` the next hint, `s` the slow code)
## make start-01      copy its slow code into your file, to change there
## make hint-01       the next hint
## make reset-01      your file and notebook as shipped, the lab open again; what you had is kept beside it
## make rerun-01      run its notebook with our fix, and save the outputs
## make check-01      what is missing in it, or out of step (make check: in the whole course)
define numbered
$(1)-%: $(READY)
	@$(PERFLAB) $(1) $$*
endef
$(foreach verb,$(LABS),$(eval $(call numbered,$(verb))))
## make status-01     its workers under load, live, until Ctrl-C (SIDE=slow or SIDE=reference: not those of your fix)
status-%: $(READY)
	@$(PERFLAB) status $* $(if $(SIDE),--side $(SIDE))

## make setup         what every other command sets up first, and no more
## make jupyter       JupyterLab on your own copies of the notebooks (ARGS="--no-browser --port=8899")
jupyter: $(READY)
	@$(PERFLAB) jupyter -- $(ARGS)
## make progress      where you are in the course, also as a page: results/index.html
## make certificate   a page with the labs you have solved (NAME="Ada Lovelace")
# As an argument of make only: some shells have a NAME of their own.
certificate: $(READY)
	@$(PERFLAB) certificate $(if $(filter-out environment undefined,$(origin NAME)),--name "$(NAME)")
## make doctor        whether this machine is fit to measure on
progress doctor check: $(READY)
	@$(PERFLAB) $@
## make quiz          the final knowledge test, a question at a time (SEED=7 draws other questions)
quiz: $(READY)
	@$(PERFLAB) quiz $(if $(SEED),--seed "$(SEED)")
## make quiz-sheet    a set to print, in results/quiz (SEED=7, KEYS=1 with the keys, MOODLE=1 as Moodle's XML)
quiz-sheet: $(READY)
	@$(PERFLAB) quiz-sheet $(if $(SEED),--seed "$(SEED)") $(if $(KEYS),--keys) $(if $(MOODLE),--moodle)
## make mystery       a slow part under load without its name: what is the cause? (SEED=7)
mystery: $(READY)
	@$(PERFLAB) mystery $(if $(SEED),--seed "$(SEED)")
## make slides        decks for a projector, in slides/ (RUN=1 measures first, AUDIENCE=learner leaves our fix out)
## make slides-01     one of them
## make slides-pdf    the same on paper
SLIDES = $(PERFLAB) slides $(if $(RUN),--run) $(if $(AUDIENCE),--audience $(AUDIENCE))
slides: $(READY)
	@$(SLIDES)
slides-pdf: $(READY)
	@$(SLIDES) --pdf
slides-%: $(READY)
	@$(SLIDES) $*
## make handout-01    a lab on one page to print, without our fix
handout-%: $(READY)
	@$(PERFLAB) handout $*
## make grade         grade every notebook with your fixes (pytest --nbval)
grade: $(READY)
	@.venv/bin/pytest --nbval notebooks

## make test          what CI runs: lint, types, tests, and of the longest tests some, drawn by seed
test: lint types test-without-load
	@.venv/bin/pytest -m load --rotate
## make test-all      every test there is: hours of measuring
test-all: lint types test-without-load
	@.venv/bin/pytest -m load
test-without-load: $(READY)
	@.venv/bin/python -m compileall -q perflab app  # or one test would compile what another one's judge watches
	@.venv/bin/pytest -n 2 --dist worksteal -m "not load"
## make qualify       how often the judge is wrong: trials for hours, and docs/judge.md. It goes on where it stopped
qualify: $(READY)
	@$(PERFLAB) $@
lint: $(READY)
	@.venv/bin/ruff check . && .venv/bin/ruff format --check .
types: $(READY)
	@.venv/bin/mypy
