# Python for the cpu backend's translator, tests, plots and data: PYTHON= if given, else build/venv, made when needed.

# $(call find_python,MODULES): the start of a recipe line; sets $python, or stops where it lacks a module.
find_python = python=$$(PYTHON='$(PYTHON)' tools/python_env.sh $(addprefix --needs ,$(1)))

# The same for the translator, once a run and not once a program.
PY = $(or $(PYTHON),build/venv/bin/python)
.PHONY: python-ready venv
python-ready:
	@$(call find_python,tree_sitter tree_sitter_cuda)

venv:
	@$(find_python) && printf '%-10s %s\n' python "$$python"
