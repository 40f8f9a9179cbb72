# Plain C yardsticks: every .c file in a stage's folder `reference` is a program of its own, for the CPU as it is, with
# no GPU and no backend. They are built and run when they are asked for by name, and never by `make stageN`.
#
# Variables: CC=gcc|clang  ARGS="..." (to the program)

REFERENCES := $(basename $(wildcard stage[0-9]*_*/reference/*.c))
# stage2_matrix/reference/gemm_cpu is known as stage2/reference/gemm_cpu too
reference_short  = $(firstword $(subst _, ,$(1)))/reference/$(notdir $(1))
REFERENCE_GOALS := $(sort $(REFERENCES) $(foreach r,$(REFERENCES),$(call reference_short,$(r))))

ifneq ($(filter $(REFERENCE_GOALS),$(MAKECMDGOALS)),)
OPT ?= -O3
R   := build/reference-$(notdir $(lastword $(CC)))
ifeq ($(shell command -v $(lastword $(CC)) 2>/dev/null),)
$(error the C compiler $(CC) is not installed; CC= names another one)
endif
# $(call takes,options): these options, if the compiler and the linker know them
takes = $(shell echo 'int main(void) { return 0; }' | $(CC) -Werror $(1) -x c - -o /dev/null 2>/dev/null && echo '$(1)')
ifeq ($(call takes,-fopenmp),)
$(error $(CC) cannot build for OpenMP; CC= names another compiler (Debian, Ubuntu, for clang: apt install libomp-dev))
endif
# -ffp-contract=fast: a*b + c is one instruction; -std=c11 forbids GCC to make one of it. -mprefer-vector-width: where
# there are vectors of 16 floats, use them; both compilers prefer 8, and clang even cuts our own vectors in two.
REFERENCE_COMPILE := $(CC) -std=c11 $(OPT) $(call takes,-march=native) $(call takes,-mprefer-vector-width=512) \
    -ffp-contract=fast -fopenmp -Wall -Wextra
REFERENCE_LINK := -lm
ifeq ($(shell echo 'int main(void) { (void)cblas_sgemm; }' | \
    $(CC) -x c -include cblas.h - -lopenblas -o /dev/null 2>/dev/null && echo yes),yes)
REFERENCE_COMPILE += -DHAVE_OPENBLAS
REFERENCE_LINK    += -Wl,--as-needed -lopenblas
endif
# -march=native means another thing on another machine, so the machine is part of the flags.
REFERENCE_FLAGS := $(shell $(CC) --version | head -n 1; uname -nm) $(REFERENCE_COMPILE) $(REFERENCE_LINK)
$(R)/flags: FORCE
	@mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$(REFERENCE_FLAGS))' >$@.new; \
	    if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(addprefix $(R)/,$(REFERENCES)): $(R)/%: %.c $(R)/flags
	$(call say,compile,$<)
	@mkdir -p $(@D)
	$(Q)$(REFERENCE_COMPILE) -MMD -MP -MF $@.d -MT $@ $< -o $@ $(REFERENCE_LINK)
-include $(addprefix $(R)/,$(addsuffix .d,$(REFERENCES)))

.PHONY: $(REFERENCE_GOALS)
$(REFERENCES): %: $(R)/%
	$(Q)./$(R)/$@ $(ARGS)
$(foreach r,$(REFERENCES),$(eval $(call reference_short,$(r)): $(r)))
endif
