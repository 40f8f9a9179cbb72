"""C = alpha op(A) op(B) + beta C."""
from references.gemm import gemm_reference

REFERENCE = gemm_reference(blocks=(32, 96, 256, 1024))
