# `make lab-06`, `make test`, ...: each line here is one command of the kit, and makes what it needs first.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready-$(shell cksum < requirements.lock | cut -d' ' -f1)

.PHONY: setup test lint types unit notebooks jupyter grade progress doctor
setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -I perflab/environment.py .venv
	@touch $@

lab-%: $(READY)
	@$(BIN)/python -m perflab lab $*
start-%: $(READY)
	@$(BIN)/python -m perflab start $*
reset-%: $(READY)
	@$(BIN)/python -m perflab reset $*
hint-%: $(READY)
	@$(BIN)/python -m perflab hint $*
progress doctor: $(READY)
	@$(BIN)/python -m perflab $@
jupyter: $(READY)
	@$(BIN)/jupyter lab --notebook-dir=. notebooks
grade: $(READY)
	@$(BIN)/pytest --nbval notebooks
