# Which backend, which compiler, with which flags. Sets:
#   BACKEND   cpu, cuda or hip         B        the folder of this backend's programs
#   COMPILE   the compiler and flags   LINK     what stands at the end of the line
#   RUNNER    put before a program (an emulator, for a cross compiler)
#   BANNER    the line that says all this

# What a program is built for where no device is present, or ARCH= says nothing.
DEFAULT_ARCH_cuda := sm_75 sm_80 sm_90
DEFAULT_ARCH_hip  := gfx906 gfx90a gfx1030

# make's own default for CXX may not exist: g++, else clang++, else what the system calls c++.
ifneq ($(filter default undefined,$(origin CXX)),)
CXX := $(or $(shell for c in g++ clang++; do command -v $$c >/dev/null 2>&1 && echo $$c && break; done),c++)
endif
NVCC  ?= $(or $(shell command -v nvcc 2>/dev/null),$(wildcard /usr/local/cuda/bin/nvcc),nvcc)
HIPCC ?= $(or $(shell command -v hipcc 2>/dev/null),$(wildcard /opt/rocm/bin/hipcc),hipcc)
OPT   ?= -O3

# The vendor's libraries of the "vs library" column (common/library.h, library_dnn.h), where they are installed.
# --as-needed: only the programs that call one load it.
COMPILE_LIBRARY :=

ifneq ($(filter-out cpu cuda hip,$(BACKEND)),)
$(error BACKEND=$(BACKEND): unknown; it is cpu, cuda or hip)
endif
ifneq ($(words $(BACKEND)),1)
ifneq ($(strip $(BACKEND)),)
$(error BACKEND=$(BACKEND): name one of cpu, cuda, hip)
endif
endif

# Four words, a ~ for each space inside one: backend, the device's architectures, its name, the reason.
DETECTED := $(shell NVCC='$(NVCC)' HIPCC='$(HIPCC)' tools/detect_backend.sh $(BACKEND))
ifneq ($(words $(DETECTED)),4)
$(error tools/detect_backend.sh failed)
endif
space := $(subst ,, )
comma := ,
detected = $(filter-out -,$(subst ~, ,$(word $(1),$(DETECTED))))
override BACKEND := $(word 1,$(DETECTED))
DEVICE := $(call detected,3)
REASON := $(call detected,4)

# Commas are as good as spaces: ARCH=sm_80,sm_90
ARCHITECTURES := $(subst $(comma), ,$(ARCH))
ifeq ($(strip $(ARCHITECTURES)),)
ARCHITECTURES := $(call detected,2)
ifeq ($(BACKEND),cuda)
# A GPU newer than this nvcc runs the PTX of the defaults.
ARCHITECTURES := $(filter $(ARCHITECTURES),$(shell $(NVCC) --list-gpu-code 2>/dev/null))
endif
ARCHITECTURES := $(or $(ARCHITECTURES),$(DEFAULT_ARCH_$(BACKEND)))
endif
newest = $(lastword $(shell printf '%s\n' $(1) | sort -n))

ifeq ($(BACKEND),cpu)

COMPILER := $(CXX)
B        := build/cpu-$(notdir $(lastword $(CXX)))
COMPILE   = PYTHON='$(PY)' common/cpu/hipcc --cxx='$(CXX)' --gen-dir=$(B)/generated $(OPT) -Wall -Wextra $(COMPILE_LIBRARY)
LIBRARY  := $(B)/runtime/libgpu.a
# A compiler for another machine: its programs run in an emulator, and its zlib may be missing.
MACHINE  := $(firstword $(subst -, ,$(shell $(CXX) -dumpmachine 2>/dev/null)))
ifneq ($(filter-out $(shell uname -m) $(patsubst arm64,aarch64,$(shell uname -m)),$(MACHINE)),)
ifeq ($(shell uname -s),Linux)
RUNNER   ?= qemu-$(MACHINE) -L /usr/$(shell $(CXX) -dumpmachine)
endif
LINK     := $(if $(filter /%,$(shell $(CXX) -print-file-name=libz.so)),-lz)
else
LINK     := -lz
endif
ifeq ($(shell echo 'int main(void) { (void)cblas_sgemm; }' | \
    $(CXX) -x c++ -include cblas.h - -lopenblas -o /dev/null 2>/dev/null && echo yes),yes)
COMPILE_LIBRARY := -DHAVE_OPENBLAS
LINK     += -Wl,--as-needed -lopenblas
endif
WHERE    := simulated GPU on $(DEVICE)

else ifeq ($(BACKEND),cuda)

ifneq ($(filter-out sm_%,$(ARCHITECTURES)),)
$(error ARCH=$(ARCH): the cuda backend wants names like sm_80)
endif
COMPILER := $(NVCC)
B        := build/cuda-$(notdir $(NVCC))
numbers  := $(patsubst sm_%,%,$(ARCHITECTURES))
gencode  := $(foreach n,$(numbers),-gencode arch=compute_$(n),code=sm_$(n))
# PTX of the newest: GPUs that come later compile it for themselves.
gencode  += -gencode arch=compute_$(call newest,$(numbers)),code=compute_$(call newest,$(numbers))
COMPILE   = $(NVCC) -x cu -std=c++17 $(OPT) -I common/cuda $(gencode) -Xcompiler -Wall,-Wextra \
            $(COMPILE_LIBRARY)
LINK     := -lz
ifneq ($(wildcard $(dir $(shell command -v $(NVCC) 2>/dev/null))../include/cublas_v2.h),)
COMPILE_LIBRARY := -DHAVE_CUBLAS
LINK     += -Xlinker --as-needed -lcublas
endif
# cuDNN comes with a package of its own, which puts it into the toolkit's folders or into the system's.
ifneq ($(wildcard $(dir $(shell command -v $(NVCC) 2>/dev/null))../include/cudnn.h /usr/include/cudnn.h),)
COMPILE_LIBRARY += -DHAVE_CUDNN
LINK     += -Xlinker --as-needed -lcudnn
endif
WHERE    := $(or $(DEVICE),no NVIDIA GPU here) ($(ARCHITECTURES))

else

ifneq ($(filter-out gfx%,$(ARCHITECTURES)),)
$(error ARCH=$(ARCH): the hip backend wants names like gfx906)
endif
COMPILER := $(HIPCC)
B        := build/hip-$(notdir $(HIPCC))
# Without --offload-arch hipcc takes what the machine has, or silently gfx803.
COMPILE   = $(HIPCC) -std=c++17 $(OPT) $(addprefix --offload-arch=,$(ARCHITECTURES)) -Wall -Wextra $(COMPILE_LIBRARY)
LINK     := -lz
ifneq ($(wildcard $(dir $(shell command -v $(HIPCC) 2>/dev/null))../include/rocblas/rocblas.h),)
COMPILE_LIBRARY := -DHAVE_ROCBLAS
LINK     += -Wl,--as-needed -lrocblas
endif
ifneq ($(wildcard $(dir $(shell command -v $(HIPCC) 2>/dev/null))../include/miopen/miopen.h),)
COMPILE_LIBRARY += -DHAVE_MIOPEN
LINK     += -Wl,--as-needed -lMIOpen
endif
WHERE    := $(or $(DEVICE),no AMD GPU here) ($(ARCHITECTURES))

endif

ifeq ($(shell command -v $(lastword $(COMPILER)) 2>/dev/null),)
$(error $(BACKEND) backend: the compiler $(COMPILER) is not installed)
endif
ifeq ($(BACKEND),cuda)
VERSION := $(shell $(NVCC) --version | sed -n 's/.*, \(V[0-9.]*\).*/\1/p')
else ifeq ($(BACKEND),hip)
VERSION := $(shell $(HIPCC) --version 2>/dev/null | sed -n 's/^HIP version: *//p')
else
VERSION := $(shell $(CXX) -dumpfullversion 2>/dev/null || $(CXX) -dumpversion)
endif
BANNER := backend    $(BACKEND): $(COMPILER) $(VERSION), $(WHERE); because: $(REASON)
