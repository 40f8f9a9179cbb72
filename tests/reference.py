"""What `--dump DIR` wrote, read back and recomputed with numpy in float64.

    DIR/program.json      sizes, scalars, seed, warp, versions, and name, role, type and shape of every array
    DIR/in.NAME.npy       what the versions read; of what they also write, the contents before the first launch
    DIR/VERSION.NAME.npy  what the last launch of a version left
    DIR/NAME.npy          whatever else a trainer wanted to keep
"""
import json
from pathlib import Path

import numpy as np

TYPES = {"f32": np.float32, "f64": np.float64, "i32": np.int32, "u8": np.uint8}
EPS = float(np.finfo(np.float32).eps)       # 2^-23, the step of float32 above 1
UNIT = EPS / 2                              # unit roundoff: one rounded operation is off by at most this, relatively

KEYS = {"program": str, "what": str, "backend": str, "device": str, "multiprocessors": int, "warp": int, "seed": int,
        "block": int, "sizes": dict, "scalars": dict, "flags": dict, "texts": dict, "arrays": list,
        "flops": (int, float), "bytes": (int, float), "versions": list, "results": dict}
VERSION_KEYS = {"name": str, "what": str, "library": bool, "repeats": int, "worst": str, "check": str}
NUMBER_OR_NULL = ("median_ms", "min_ms", "max_ms", "gb_per_s", "gflop_per_s", "roof_percent", "vs_library_percent",
                  "max_error_over_bound")


def rounding(k):
    """The relative error of a sum in which no number goes through more than k roundings: k u for certain, and with
    independent errors less than 8 sqrt(k) u in all but one case of 10^9 (Higham and Mary, A new approach to
    probabilistic rounding error analysis, 2019)."""
    return min(k, 8 * k ** 0.5) * UNIT


class Dump:
    """One folder, checked against its own description while it is read.

    inputs: name -> array;  outputs: version -> name -> array;  kept: file name without .npy -> array"""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.info = json.loads((self.folder / "program.json").read_text(), parse_constant=self._no_constant)
        check_keys(self.info)
        self.sizes, self.scalars, self.seed = self.info["sizes"], self.info["scalars"], self.info["seed"]
        self.versions = [version["name"] for version in self.info["versions"]]
        self.inputs, self.outputs = {}, {version: {} for version in self.versions}
        for array in self.info["arrays"]:
            name, role = array["name"], array["role"]
            if role in ("in", "inout"):
                self.inputs[name] = self.load(f"in.{name}", array)
            if role in ("out", "inout"):
                for version in self.versions:
                    self.outputs[version][name] = self.load(f"{version}.{name}", array)
        described = {f"in.{name}" for name in self.inputs}
        described |= {f"{version}.{name}" for version in self.versions for name in self.outputs[version]}
        stems = sorted(path.name.removesuffix(".npy") for path in self.folder.glob("*.npy"))
        self.kept = {stem: self.load(stem) for stem in stems if stem not in described}

    @staticmethod
    def _no_constant(word):
        raise AssertionError(f"{word} is no JSON")

    def load(self, stem, array=None):
        path = self.folder / f"{stem}.npy"
        assert path.is_file(), f"{path.name} is missing"
        data = np.load(path, allow_pickle=False)
        assert data.flags.c_contiguous and data.dtype.isnative, path.name
        if array:
            assert data.dtype == TYPES[array["type"]], f"{path.name}: {data.dtype}, not {array['type']}"
            assert data.shape == tuple(array["shape"]), f"{path.name}: shape {data.shape}, not {array['shape']}"
        return data


def check_keys(info):
    for key, kind in KEYS.items():
        assert isinstance(info.get(key), kind), f"program.json: {key} is {info.get(key)!r}"
    for array in info["arrays"]:
        assert set(array) == {"name", "role", "type", "shape"}, array
        assert array["role"] in ("in", "out", "inout") and array["type"] in TYPES and 1 <= len(array["shape"]) <= 4
    for version in info["versions"]:
        for key, kind in VERSION_KEYS.items():
            assert isinstance(version.get(key), kind), f"program.json: {version['name']}: {key}"
        for key in NUMBER_OR_NULL:
            assert version[key] is None or isinstance(version[key], (int, float)), f"{version['name']}: {key}"


def fault(got, expected, bound):
    """None where every element is within its bound, else a sentence about the worst. NaN is never within a bound;
    an array of whole numbers has to be equal (bound None)."""
    if got.shape != np.shape(expected):
        return f"shape {got.shape}, not {np.shape(expected)}"
    with np.errstate(invalid="ignore"):
        error = np.abs(got.astype(np.float64) - expected)
    allowed = np.zeros(got.shape) if bound is None else np.broadcast_to(bound, got.shape)
    wrong = ~(error <= allowed)             # in this form NaN is wrong
    if not wrong.any():
        return None
    excess = np.where(wrong, np.nan_to_num(error - allowed, nan=np.inf), -np.inf)
    at = np.unravel_index(np.argmax(excess), got.shape)
    place = ",".join(str(i) for i in at)
    return (f"[{place}] is {got[at]!r}, numpy has {np.asarray(expected)[at]!r} +- {allowed[at]:.3g}; "
            f"{int(wrong.sum())} of {wrong.size} elements are wrong")


def compare(dump, expected):
    """Compares each version's outputs with `expected` (name -> (values, bound)). Returns a list of sentences, empty
    where all is right."""
    names = {array["name"] for array in dump.info["arrays"] if array["role"] != "in"}
    faults = [f"numpy computes no {name}" for name in sorted(names - set(expected))]
    faults += [f"the program has no output {name}" for name in sorted(set(expected) - names)]
    for version in dump.versions:
        for name in sorted(names & set(expected)):
            text = fault(dump.outputs[version][name], *expected[name])
            if text:
                faults.append(f"{version}: {name}{text}")
    return faults
