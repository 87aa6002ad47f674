# The two commands of the README. Both set up a virtual environment first, when there is none yet:
#
#   make tour     a guided walk through autograd
#   make test     the test suite
#
# And, for those who change the documentation:
#
#   make site     the site in build/site, in English and Chinese
#
# make PYTHON=python3.12 …  chooses the Python (3.11 or newer), make VENV=folder …  the place of the environment.

PYTHON ?= python3
VENV ?= .venv

.PHONY: tour test site clean

tour: $(VENV)/tour.stamp
	$(VENV)/bin/tapegrad tour

test: $(VENV)/test.stamp
	$(VENV)/bin/python -m pytest -n auto --dist worksteal

site: $(VENV)/site.stamp
	$(VENV)/bin/python tools/build_site.py

clean:
	rm -rf $(VENV)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		f"tapegrad needs Python 3.11 or newer, this is {sys.version.split()[0]}: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --upgrade "pip>=25.1"  # the first that knows dependency groups

# The stamps say that what pyproject.toml asks for is installed.
$(VENV)/tour.stamp: pyproject.toml | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install --quiet --editable ".[viz]"
	touch $@

$(VENV)/test.stamp: pyproject.toml | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install --quiet --editable ".[all]" --group test
	touch $@

$(VENV)/site.stamp: pyproject.toml | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install --quiet --editable ".[all]" --group site
	touch $@
