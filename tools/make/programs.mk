# The programs: which there are, how each is built, and in what order they run.

SOURCES  := $(wildcard stage[0-9]*_*/*.hip) $(if $(filter cuda,$(BACKEND)),$(wildcard stage[0-9]*_*/*.cu))
ifneq ($(BACKEND),hip)
SOURCES  := $(filter-out %_amd.hip,$(SOURCES))
endif
PROGRAMS := $(sort $(basename $(SOURCES)))

# stage1_vector/vector_add belongs to stage1
stage_of     = $(firstword $(subst _, ,$(subst /, ,$(1))))
programs_of  = $(filter $(1)_%,$(PROGRAMS))
binaries_of  = $(addprefix $(B)/,$(call programs_of,$(1)))
STAGES      := $(sort $(foreach p,$(PROGRAMS),$(call stage_of,$(p))))
FOLDERS     := $(sort $(patsubst %/,%,$(dir $(PROGRAMS))))

# ---- building -------------------------------------------------------------------------------------------------------
BINARIES := $(addprefix $(B)/,$(PROGRAMS))
build: $(BINARIES)

ifeq ($(BACKEND),cpu)
# The runtime library of the simulated GPU; the driver knows how to make it.
$(LIBRARY): $(wildcard common/cpu/hipcc common/cpu/runtime/* common/cpu/gpu/*.h common/cpu/hip/*.h) | python-ready
	$(call say,runtime,$@)
	$(Q)PYTHON='$(PY)' common/cpu/hipcc --cxx='$(CXX)' --runtime >/dev/null
	@touch -c $@
READY := python-ready $(LIBRARY)
endif

# Other flags, another ARCH or another version of the compiler make every program anew.
FLAGS_NOW := $(subst ','\'',$(VERSION) $(filter-out PYTHON=%,$(COMPILE)) $(LINK))
$(B)/flags: FORCE
	@mkdir -p $(@D); printf '%s\n' '$(FLAGS_NOW)' | cmp -s - $@ || printf '%s\n' '$(FLAGS_NOW)' >$@

define compile
	$(call say,compile,$<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -MMD -MP -MF $@.d -MT $@ $< -o $@ $(LINK)
endef
$(filter $(patsubst %.hip,$(B)/%,$(filter %.hip,$(SOURCES))),$(BINARIES)): $(B)/%: %.hip $(B)/flags | $(READY)
	$(compile)
ifeq ($(BACKEND),cuda)
$(patsubst %.cu,$(B)/%,$(filter %.cu,$(SOURCES))): $(B)/%: %.cu $(B)/flags
	$(compile)
endif
-include $(wildcard $(addsuffix .d,$(BINARIES)))

# ---- running --------------------------------------------------------------------------------------------------------
# A stage is known as stage1 and stage1_vector, a program as stage1/vector_add and stage1_vector/vector_add.
full_names = $(strip $(if $(filter all,$(1)),$(STAGES),$(if $(filter $(STAGES) $(FOLDERS),$(1)),$(call stage_of,$(1)),\
    $(filter $(call stage_of,$(1))_%/$(notdir $(1)),$(PROGRAMS)))))
GOALS := $(filter-out $(REFERENCE_GOALS),$(or $(MAKECMDGOALS),all))
RUNS  := $(foreach g,$(GOALS),$(call full_names,$(g)))

$(foreach g,$(filter stage%,$(GOALS)),$(if $(call full_names,$(g)),,$(error $(g): no such stage or program here. \
Stages with programs: $(or $(STAGES),none). Programs: $(or $(PROGRAMS) $(REFERENCES),none))))

.PHONY: $(STAGES) $(PROGRAMS) $(filter stage%,$(GOALS))
$(foreach g,$(filter-out all $(STAGES) $(PROGRAMS),$(filter stage%,$(GOALS))),$(eval $(g): $(call full_names,$(g))))

all: $(STAGES)
	$(if $(STAGES),@:,@echo 'There are no programs here yet: no stage*_*/*.hip')

# Programs measure time, so one runs after the other, in the order asked for, and none while a compiler runs.
# A program that fails does not keep the rest of its stage from running.
$(STAGES):
	$(Q)failed=; for program in $(call programs_of,$@); do \
	    $(RUNNER) ./$(B)/$$program $(ARGS) || { \
	        status=$$?; [ $$status -lt 128 ] || exit $$status; failed="$$failed $$program"; }; \
	done; [ -z "$$failed" ] || { echo "make $@: failed:$$failed" >&2; exit 1; }

$(PROGRAMS):
	$(Q)$(RUNNER) ./$(B)/$@ $(ARGS)

NEEDED := $(sort $(foreach r,$(RUNS),$(if $(filter $(STAGES),$(r)),$(call binaries_of,$(r)),$(B)/$(r))))
chain_to = $(eval $(1): | $(NEEDED) $(PREVIOUS))$(eval PREVIOUS := $(1))
$(foreach r,$(RUNS),$(call chain_to,$(r)))

# The trainers of stage 6 read MNIST, or the synthetic digits where that is out of reach.
.PHONY: data-if-missing
data-if-missing:
	$(Q)$(call find_python,numpy) && "$$python" tools/fetch_data.py --if-missing
ifneq ($(filter stage6 stage6_%,$(RUNS)),)
$(RUNS): | data-if-missing
endif
