# The one door: stages, tests, benchmarks, data. `make help` lists what there is.
#
# Nothing here lists programs: every .hip file that is a direct child of a folder stageN_name is one. A file dropped
# there is built and run by the same verbs. Files named *_amd.hip are built with hipcc only, .cu files with nvcc only.
#
# Variables: BACKEND=cpu|cuda|hip  CXX=g++|clang++ (cpu)  ARCH=sm_90|gfx90a  ARGS="..." (to the programs)
#            CHECK_UNIFORM=1 (cpu: a slow build that verifies what the translator takes as the same in all threads)
#            V=1 (show commands)  PYTHON=python (one that has the packages of requirements.txt)  DATASET=mnist|fashion
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

V ?= 0
ifeq ($(V),1)
Q :=
else
Q := @
endif
say = @printf '%-10s %s\n' $(1) '$(2)'

DATASET   ?= mnist
TESTS     ?= tests
TEST_JOBS ?= 2

# Two programs are compiled at a time where none is run and timed beside them, unless make was given a -j of its own, or by
# the make that calls it.
ifeq ($(MAKELEVEL)$(filter-out build test test-full,$(or $(MAKECMDGOALS),all))$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(TEST_JOBS)
endif

include tools/make/reference.mk

# ---- the goals that need no compiler --------------------------------------------------------------------------------
NO_BACKEND := help clean distclean data plots docs-plots format format-check venv compile_commands.json \
    resources asm explain
ifneq ($(filter-out $(NO_BACKEND) $(REFERENCE_GOALS),$(or $(MAKECMDGOALS),all)),)
include tools/make/backend.mk
include tools/make/programs.mk
ifndef MAKE_RESTARTS
$(info $(BANNER))
endif
endif
include tools/make/python.mk
include tools/make/device_code.mk

.PHONY: $(NO_BACKEND) all build test test-full bench bench-cpu info FORCE

#: make             every stage in order, ending with a trained network
#: make stageN      build and run the programs of stage N
#: make stageN/PROGRAM [ARGS="..."]   one program (ARGS=--help lists its options)
#: make stageN/reference/PROGRAM      a yardstick in plain C, for the CPU; CC=clang builds it with another compiler
#: make build       compile everything for this backend
#: make test        all tests, and a core set with clang++ too; TESTS=tests/test_x.py runs a part
test: build data-if-missing
	$(call pytest,$(CXX),)
	+$(build_second)
	$(if $(SECOND_CXX),$(call pytest,$(SECOND_CXX),-m core) || [ $$? -eq 5 ]) # 5: none of TESTS is in the core set

#: make test-full   the whole matrix: compilers, warp sizes, every mutant
test-full: build data-if-missing
	$(call pytest,$(CXX),,KERNELS_TEST=full)
	+$(build_second)
	$(if $(SECOND_CXX),$(call pytest,$(SECOND_CXX),,KERNELS_TEST=full))

#: make bench       the kernels against plain C loops
bench: build
	$(Q)$(call find_python,numpy) && $(CLEAN_ENVIRONMENT) PYTHON="$$python" "$$python" tests/bench/bench.py $(ARGS)

#: make bench-cpu   the engines of the simulated GPU against loops in C alone
bench-cpu: python-ready
	$(Q)$(call find_python,tree_sitter tree_sitter_cuda) && \
	    $(CLEAN_ENVIRONMENT) PYTHON="$$python" "$$python" tests/bench/engines.py $(ARGS)

# Tests call make themselves: what this make was told reaches them by these variables, and by them only.
CLEAN_ENVIRONMENT = env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u ARGS \
    BACKEND='$(BACKEND)' CXX='$(CXX)' ARCH='$(ARCH)' V='$(V)'
# $(call pytest,compiler,options,variables)
pytest = $(Q)$(call find_python,tree_sitter tree_sitter_cuda numpy pytest xdist hypothesis) && \
    $(CLEAN_ENVIRONMENT) CXX='$(strip $(1))' $(3) PYTHON="$$python" \
    "$$python" -m pytest -q -n $(TEST_JOBS) $(2) $(PYTEST_ARGS) $(TESTS)
# The simulated GPU is for both compilers; who asks for one of them gets that one.
ifeq ($(BACKEND)-$(CXX)-$(origin CXX),cpu-g++-file)
SECOND_CXX := $(shell command -v clang++ >/dev/null 2>&1 && echo clang++)
endif
# All programs at once, and several at a time; the tests themselves would build one after the other.
build_second = $(if $(SECOND_CXX),$(if $(filter tests,$(TESTS)),$(Q)$(MAKE) --no-print-directory build CXX=$(SECOND_CXX)))

#: make data        MNIST into data/, verified; DATASET=fashion for Fashion-MNIST
data:
	$(Q)$(call find_python,numpy) && "$$python" tools/fetch_data.py --dataset '$(DATASET)'

#: make plots       pictures of what the trainers wrote, into build/results/
plots:
	$(Q)$(call find_python,numpy matplotlib) && "$$python" tools/plots.py

#: make docs-plots  the same pictures, into docs/img/
docs-plots:
	$(Q)$(call find_python,numpy matplotlib) && "$$python" tools/plots.py --copy-to docs/img
	$(Q)$(call find_python) && "$$python" tools/draw_memory.py

#: make resources   registers, spills, occupancy of the kernels, with no GPU; PROGRAM=stage2/gemm_tiled for one
#: make asm PROGRAM=stage2/gemm_tiled [KERNEL=32]   a kernel's main loop as machine code, and its mix of instructions
#: make explain     how the simulated GPU runs each kernel, and why; PROGRAM=stage2/gemm_tiled for one

#: make info        backend, compiler, device, data: what make found here
info:
	@echo 'command    $(subst ','\'',$(COMPILE))'
	@echo 'programs   $(words $(PROGRAMS)) in $(B)'
	@echo 'python     $(or $(PYTHON),build/venv$(if $(wildcard build/venv/requirements.txt),, (made when it is needed)))'
	@for d in mnist fashion synthetic; do \
	    if [ -f data/$$d/train-images-idx3-ubyte ]; then echo "data       data/$$d"; fi; done
	@ls build/roof/*.json 2>/dev/null | sed 's/^/roof       /' || true

#: make format      lay out the sources with clang-format
SOURCE_FILES = find . \( -path ./build -o -path ./data -o -name .git \) -prune -o -type f \
    \( -name '*.h' -o -name '*.hip' -o -name '*.c' -o -name '*.cpp' -o -name '*.cu' \) -print0
CLANG_FORMAT ?= clang-format
format format-check:
	@command -v $(CLANG_FORMAT) >/dev/null || { \
	    echo 'make $@: $(CLANG_FORMAT) is not installed (Debian, Ubuntu: apt install clang-format)' >&2; exit 1; }
	$(Q)$(SOURCE_FILES) | xargs -0 $(CLANG_FORMAT) $(if $(filter format,$@),-i,--dry-run -Werror)
#: make format-check   complain where make format would change something

#: make compile_commands.json   for editors (clangd)
compile_commands.json:
	$(Q)python=$${PYTHON:-python3} && "$$python" tools/compile_commands.py

#: make venv        the Python environment alone, and where it is
#: make clean       remove what was built; data and the Python environment stay
clean:
	$(Q)find build -mindepth 1 -maxdepth 1 ! -name 'venv*' -exec rm -rf {} + 2>/dev/null || true
	$(Q)rm -f compile_commands.json

#: make distclean   remove those too
distclean:
	$(Q)rm -rf build data compile_commands.json

help:
	@sed -n 's/^#: //p' $(firstword $(MAKEFILE_LIST))
	@sed -n 's/^# \(Variables:\)/\1/p; s/^#  *\(V=1\)/           \1/p' $(firstword $(MAKEFILE_LIST))
