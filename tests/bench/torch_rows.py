"""PyTorch as a yardstick in make bench, where it is importable: the operations of stage 3, timed by the same rules (median
after a warm-up, the bytes that must move). A further one is a line in OPERATIONS.
"""
import importlib.util
import time
from statistics import median

SIZES = {"cpu": (4096, 4096), "gpu": (32768, 4096)}     # rows, columns; 512 MiB an array on a GPU
RUNS = 20

# name -> (torch, x, labels) -> result, and the bytes an element
OPERATIONS = {
    "softmax": (lambda torch, x, labels: torch.softmax(x, dim=1), 8),
    "log_softmax": (lambda torch, x, labels: torch.log_softmax(x, dim=1), 8),
    "gelu(x + b)": (lambda torch, x, labels: torch.nn.functional.gelu(x + x[0]), 8),
    "layer_norm": (lambda torch, x, labels: torch.nn.functional.layer_norm(x, x.shape[1:]), 8),
    "dropout": (lambda torch, x, labels: torch.nn.functional.dropout(x, 0.3), 8),
    "cross_entropy": (lambda torch, x, labels: torch.nn.functional.cross_entropy(x, labels), 4),
}


def available():
    return importlib.util.find_spec("torch") is not None


def milliseconds(torch, device, operation):
    """One run, until its result is there."""
    start = time.perf_counter()
    operation()
    if device == "cuda":
        torch.cuda.synchronize()
    return 1e3 * (time.perf_counter() - start)


def table(backend):
    """A Markdown table, or "" where there is no PyTorch that runs on this backend's device (ROCm's says cuda, too)."""
    if not available():
        return ""
    import torch
    device = "cpu" if backend == "cpu" else "cuda"
    if device == "cuda" and not torch.cuda.is_available():
        return ""
    rows, columns = SIZES["cpu" if device == "cpu" else "gpu"]
    x = torch.empty(rows, columns, device=device).uniform_(-6, 6)
    labels = torch.randint(0, columns, (rows,), device=device)
    lines = [f"PyTorch {torch.__version__}, {rows} x {columns}", "", "| operation | time | GB/s |", "|---|---|---|"]
    with torch.no_grad():
        for name, (function, bytes_an_element) in OPERATIONS.items():
            times = [milliseconds(torch, device, lambda: function(torch, x, labels)) for _ in range(RUNS + 3)][3:]
            rate = bytes_an_element * rows * columns / median(times) / 1e6
            lines.append(f"| {name} | {median(times):.4g} ms | {rate:.3g} |")
    return "\n".join(lines)
