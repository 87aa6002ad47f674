# The two commands of the README. Both set up a virtual environment first, when there is none yet:
#
#   make tour     a guided walk through autograd
#   make test     the test suite
#
# And, for those who change the documentation:
#
#   make site     the site in build/site, in English and Chinese
#
# And, on a machine with nothing else to do:
#
#   make bench    tapegrad beside PyTorch, torch.compile, JAX and others; writes the tables of docs/performance.md
#
# make PYTHON=python3.12 …  chooses the Python (3.11 or newer), make VENV=folder …  the place of the environment.

PYTHON ?= python3
VENV ?= .venv

.PHONY: tour test site bench clean

tour: $(VENV)/tour.stamp
	$(VENV)/bin/tapegrad tour

test: $(VENV)/test.stamp
	$(VENV)/bin/python -m pytest -n auto --dist worksteal

site: $(VENV)/site.stamp
	$(VENV)/bin/python tools/build_site.py

# In an environment of its own, with the package as it is installed for users, from a wheel.
bench: $(VENV)-bench/bench.stamp
	$(VENV)-bench/bin/python -m pip install --quiet --force-reinstall --no-deps .
	$(VENV)-bench/bin/python benchmarks/side_by_side.py --write

clean:
	rm -rf $(VENV) $(VENV)-bench

$(VENV)/bin/python $(VENV)-bench/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		f"tapegrad needs Python 3.11 or newer, this is {sys.version.split()[0]}: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(dir $(@D))
	$@ -m pip install --quiet --upgrade "pip>=25.1"  # the first that knows dependency groups

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

$(VENV)-bench/bench.stamp: pyproject.toml | $(VENV)-bench/bin/python
	$(VENV)-bench/bin/python -m pip install --quiet ".[compile]" --group bench
	touch $@
