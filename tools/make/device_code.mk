# What the compilers make of the kernels, with no GPU: docs/tooling/compiler-output.md.
#
#   make resources [PROGRAM=stage2/gemm_blocked] [ARCH=sm_90,gfx90a] [ARGS="--block 128 --json FILE"]
#   make asm PROGRAM=stage2/gemm_blocked [KERNEL=part_of_its_name] [ARCH=sm_90|gfx90a] [FULL=1]
#
# Both take nvcc and hipcc where they are, whatever the backend, and any Python: build/venv is made only where the
# disassembler has to be installed.
device_code = $(Q)$(if $(PYTHON),$(find_python),python=$(or $(wildcard build/venv/bin/python),python3)) && \
    NVCC='$(NVCC)' HIPCC='$(HIPCC)' OPT='$(OPT)' PYTHON='$(PYTHON)' "$$python"

resources:
	$(device_code) tools/resources.py --arch='$(ARCH)' $(if $(PROGRAM),'$(PROGRAM)') $(ARGS)

asm:
	$(device_code) tools/asm.py --arch='$(ARCH)' --kernel='$(KERNEL)' $(if $(FULL),--full) $(if $(PROGRAM),'$(PROGRAM)') \
	    $(ARGS)

# How the simulated GPU runs the kernels: docs/cpu-backend.md. Only the translator's parser is needed.
#
#   make explain [PROGRAM=stage2/gemm_tiled] [CHECK_UNIFORM=1]
explain:
	$(Q)$(call find_python,tree_sitter tree_sitter_cuda) && \
	    "$$python" tools/explain.py $(if $(filter-out 0,$(CHECK_UNIFORM)),--check-uniform) $(if $(PROGRAM),'$(PROGRAM)')
