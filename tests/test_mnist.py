"""mnist_linear: the whole training against numpy in float64, from the weights that it dumped at the start, iteration by
iteration; what it writes; and what it says to data that are missing, spoilt or not MNIST."""
import csv
import os
import re

import numpy as np
import pytest

from digits import FILES, small_set, spoilt_sets, write_set
from references.stage6_mnist.mnist_linear import linear_step, mnist_inputs
from reference import UNIT, Dump
from support import ROOT, WARPS, assert_fails, full, leftovers, program, programs, run, said

NAME = "stage6_mnist/mnist_linear"
MNIST = ROOT / "data" / "mnist"
RESULTS = f"build/results/{NAME}"
VERSIONS = ("naive", "tiled")
NOTICE = "SYNTHETIC digits, not MNIST"

pytestmark = [pytest.mark.core, pytest.mark.skipif(NAME not in programs(), reason="no mnist_linear here")]
with_mnist = pytest.mark.skipif(not (MNIST / FILES[0]).is_file(), reason="no MNIST in data/mnist")


def train(folder, *arguments, **more):
    return run(program(NAME), *arguments, "--repeat=1", cwd=folder, **more)


def curve(folder):
    """loss.csv without notes: {column: array}, and the notes."""
    lines = (folder / RESULTS / "loss.csv").read_text().splitlines()
    notes = [line for line in lines if line.startswith("#")]
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    return {key: np.array([float(row[key] or "nan") for row in rows]) for key in rows[0]}, notes


def follow(X, T, W, lr, steps):
    """Gradient descent in float64. Yields (loss, how far a float32 training may be from it, weights, how far those
    may be) before each step and after the last.

    While lr times the largest curvature L stays below 2, a step brings two sets of weights no further apart, so what
    float32 adds in each step just adds up: e <- e + |W_bound|. A loss is off by |G| e + L/2 e^2, and by what its own
    computation adds."""
    curvature = 2 / len(X) * np.linalg.eigvalsh(X.T @ X)[-1]
    assert lr * curvature < 2, "the bound needs a training that converges"
    apart = 0.0
    for _ in range(steps + 1):
        step = linear_step(X, T, W, lr)
        loss, loss_bound = (part[0] for part in step["loss"])
        away = np.linalg.norm(step["G"][0]) * apart + curvature / 2 * apart ** 2
        yield loss, loss_bound + away, W, apart
        apart += np.linalg.norm(step["W"][1])
        W = step["W"][0]


def check_training(folder, data, steps, lr, samples=None):
    """Every loss, the accuracies and the last weights."""
    dump = Dump(folder / "d")
    losses, first, last = (dump.kept[name].astype(np.float64) for name in ("losses", "first.W", "last.W"))
    assert losses.shape == (steps + 1,) and np.array_equal(first, dump.inputs["W"])
    assert np.abs(first).max() <= 0.005 and np.unique(first).size > first.size / 2
    X, T = mnist_inputs(data, "train", samples)
    sets = {"train_accuracy": (X, T), "test_accuracy": mnist_inputs(data, "t10k", samples)}
    written, _ = curve(folder)
    assert list(written) == ["iteration", "loss", "train_accuracy", "test_accuracy"]
    assert np.array_equal(written["iteration"], np.arange(steps + 1))
    assert np.array_equal(written["loss"].astype(np.float32), losses.astype(np.float32))
    for k, (loss, bound, W, apart) in enumerate(follow(X, T, first, np.float32(lr).item(), steps)):
        bound = min(bound, 1e-4)        # what the project promises, should theory allow more
        assert abs(losses[k] - loss) <= bound, f"iteration {k}: loss {losses[k]}, numpy {loss} +- {bound:.2g}"
        if k % 10 == 0 or k == steps:
            for column, (inputs, targets) in sets.items():
                check_accuracy(written[column][k], inputs, targets, W, apart)
        else:
            assert np.isnan(written["train_accuracy"][k]) and np.isnan(written["test_accuracy"][k])
    assert np.linalg.norm(last - W) <= apart + UNIT * np.linalg.norm(W)
    check_predictions(folder, data, samples, last, dump.info["results"])
    return losses


def check_accuracy(got, X, T, W, apart):
    """Equal to numpy's, but for digits whose two best scores are so close that rounding may swap them."""
    scores = X @ W
    right = scores.argmax(axis=1) == T.argmax(axis=1)
    best = np.sort(scores, axis=1)
    close = best[:, -1] - best[:, -2] <= 2 * np.linalg.norm(X, axis=1) * apart + 1e-5
    assert abs(got - right.mean()) <= close.mean() + 5e-7       # six digits are written


def check_predictions(folder, data, samples, W, results):
    rows = np.loadtxt(folder / RESULTS / "predictions.csv", delimiter=",", skiprows=1, dtype=int, ndmin=2)
    X, T = mnist_inputs(data, "t10k", samples)
    scores = np.sort(X @ W, axis=1)
    clear = scores[:, -1] - scores[:, -2] > 1e-4
    assert np.array_equal(rows[:, 0], np.arange(len(X))) and np.array_equal(rows[:, 1], T.argmax(axis=1))
    assert np.array_equal(rows[clear, 2], (X @ W).argmax(axis=1)[clear])
    assert results["test_accuracy"] == pytest.approx((rows[:, 1] == rows[:, 2]).mean(), abs=1e-6)
    assert results["synthetic_data"] == 0


# ---- the training ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("warp", WARPS)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("shape", [(1, 2, 2), (77, 5, 7), (700, 9, 8)])
def test_small_set(shape, version, warp, tmp_path):
    count, rows, columns = shape
    write_set(tmp_path / "set", small_set(train=count, test=33, rows=rows, columns=columns))
    done = train(tmp_path, f"--data={tmp_path / 'set'}", "--iterations=25", "--lr=0.05", f"--version={version}",
                 "--dump=d", warp=warp)
    assert done.returncode == 0 and not done.stderr, said(done)
    losses = check_training(tmp_path, tmp_path / "set", 25, 0.05)
    assert losses[-1] < losses[0]


@with_mnist
@pytest.mark.parametrize("warp", WARPS)
@pytest.mark.parametrize("version", VERSIONS)
def test_mnist_samples(version, warp, tmp_path):
    done = train(tmp_path, f"--data={MNIST}", "--samples=997", "--iterations=40", f"--version={version}", "--dump=d",
                 warp=warp)
    assert done.returncode == 0 and not done.stderr, said(done)
    check_training(tmp_path, MNIST, 40, 0.01, samples=997)


@full
@with_mnist
def test_mnist_as_make_trains_it(tmp_path):
    """All 60,000 digits, 300 iterations: the curve, and accuracies that this method is known to reach."""
    done = train(tmp_path, f"--data={MNIST}", "--dump=d")
    assert done.returncode == 0 and not done.stderr, said(done)
    losses = check_training(tmp_path, MNIST, 300, 0.01)
    written, notes = curve(tmp_path)
    assert written["train_accuracy"][-1] >= 0.845 and written["test_accuracy"][-1] >= 0.85 and not notes
    assert 0.41 < losses[-1] < 0.43


@full
@with_mnist
@pytest.mark.parametrize("warp", WARPS)
@pytest.mark.parametrize("version", VERSIONS)
def test_all_samples(version, warp, tmp_path):
    done = train(tmp_path, f"--data={MNIST}", "--iterations=12", f"--version={version}", "--dump=d", warp=warp)
    assert done.returncode == 0 and not done.stderr, said(done)
    check_training(tmp_path, MNIST, 12, 0.01)


def test_the_same_run_twice_is_the_same(tmp_path):
    """No atomics on floats: the losses are the same to the last bit, and with another seed they are others."""
    write_set(tmp_path / "set", small_set(train=500, rows=28, columns=28))
    curves = []
    for seed in (1, 1, 2):
        done = train(tmp_path, "--data=set", "--iterations=12", f"--seed={seed}")
        assert done.returncode == 0, said(done)
        curves.append((tmp_path / RESULTS / "loss.csv").read_bytes())
    assert curves[0] == curves[1] != curves[2]


def test_packed_files_are_read_alike(tmp_path):
    write_set(tmp_path / "plain", small_set())
    write_set(tmp_path / "packed", small_set(), packed=True)
    curves = []
    for data in ("plain", "packed"):
        done = train(tmp_path, f"--data={data}", "--iterations=3")
        assert done.returncode == 0, said(done)
        curves.append((tmp_path / RESULTS / "loss.csv").read_bytes())
    assert curves[0] == curves[1]


def test_a_learning_rate_that_is_too_large(tmp_path):
    write_set(tmp_path / "set", small_set())
    done = train(tmp_path, "--data=set", "--iterations=400", "--lr=100")
    assert done.returncode == 1, said(done)
    assert re.search(r"^mnist_linear: the loss is .* after 400 iterations: --lr is too large$", done.stderr, re.M)


# ---- options, missing and spoilt data -------------------------------------------------------------------------------
@pytest.mark.parametrize("option", ["--iterations=0", "--iterations=x", "--lr=-1", "--lr=nan", "--lr=inf", "--lr=1e99",
                                    "--lr=0.1x", "--samples=0", "--samples=-1", "--data=", "--view=1"])
def test_wrong_options(option, tmp_path):
    write_set(tmp_path / "set", small_set())
    done = run(program(NAME), "--data=set", option, cwd=tmp_path)
    assert_fails(done, 2, option.partition("=")[0])
    assert leftovers(tmp_path) == sorted(f"set/{name}" for name in FILES)


@pytest.mark.parametrize("arguments", [[], ["--data=none"], ["--data=."]])
def test_no_data(arguments, tmp_path):
    folder = arguments[0].partition("=")[2] if arguments else "data/mnist"
    assert_fails(train(tmp_path, *arguments), 3, rf"^mnist_linear: no MNIST in {re.escape(folder)}: run make data")
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("missing", FILES[1:])
def test_one_file_is_missing(missing, tmp_path):
    files = small_set()
    del files[missing]
    write_set(tmp_path / "set", files)
    assert_fails(train(tmp_path, "--data=set"), 3, rf"set/{missing}: cannot be opened: No such file.*make data")


SPOILT = spoilt_sets(small_set())


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("case", SPOILT)
def test_spoilt_data(case, packed, tmp_path):
    spoilt, text = SPOILT[case]
    write_set(tmp_path / "set", {**small_set(), **spoilt}, packed)
    before = leftovers(tmp_path)
    done = train(tmp_path, "--data=set")
    assert_fails(done, 3, "^mnist_linear: set", re.sub(r"^(\S+ubyte):", r"\1(\\.gz)?:", text))
    assert leftovers(tmp_path) == before


def test_which_folder_is_taken(tmp_path):
    """--data, else data/mnist, else data/synthetic."""
    write_set(tmp_path / "data" / "synthetic", small_set(train=11))
    assert "data/synthetic: 11 training" in train(tmp_path, "--iterations=1").stdout
    write_set(tmp_path / "data" / "mnist", small_set(train=12), packed=True)
    assert "data/mnist: 12 training" in train(tmp_path, "--iterations=1").stdout
    write_set(tmp_path / "other", small_set(train=13))
    assert "other: 13 training" in train(tmp_path, "--iterations=1", "--data=other").stdout


def test_synthetic_data_are_announced(tmp_path):
    """On the terminal at the start and at the end, and in the first line of both files."""
    write_set(tmp_path / "set", small_set())
    (tmp_path / "set" / "SYNTHETIC").write_text(NOTICE + "\nmore text\n")
    done = train(tmp_path, "--data=set", "--iterations=5", "--json=out.json")
    assert done.returncode == 0, said(done)
    assert done.stdout.count(f"*** set: {NOTICE} ***\n") == 2 and "more text" not in done.stdout
    for name in ("loss.csv", "predictions.csv"):
        assert (tmp_path / RESULTS / name).read_text().startswith(f"# {NOTICE}\n"), name
    assert '"synthetic_data": 1' in (tmp_path / "out.json").read_text()
    (tmp_path / "set" / "SYNTHETIC").write_text("")
    assert "synthetic" in train(tmp_path, "--data=set", "--iterations=1").stdout


@with_mnist
def test_mnist_is_not_called_synthetic(tmp_path):
    done = train(tmp_path, f"--data={MNIST}", "--samples=50", "--iterations=2")
    assert "ynthetic" not in done.stdout + done.stderr and f"*** {MNIST}" not in done.stdout
    assert (tmp_path / RESULTS / "loss.csv").read_text().startswith("iteration,loss,train_accuracy,test_accuracy\n")


# ---- the viewer -----------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def viewer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("viewer")
    write_set(folder / "set", small_set(test=20))

    def view(text, **more):
        given = {"input": text} if text is not None else {}
        return run(program(NAME), "--data=set", "--iterations=1", "--repeat=1", "--view", cwd=folder, timeout=60,
                   **given, **more)
    return view


@pytest.mark.parametrize("text,shown", [
    ("q\n", [0]), ("n\nn\nq\n", [0, 1, 2]), ("\n\nq\n", [0, 1, 2]), ("p\nq\n", [0, 19]), ("7\np\nq\n", [0, 7, 6]),
    ("19\nn\nq\n", [0, 19, 0]), ("  3  \nq\n", [0, 3]), ("", [0]), ("n\n", [0, 1]), ("n", [0, 1]), ("q\nn\nn\n", [0]),
])
def test_view(viewer, text, shown):
    done = viewer(text)
    assert done.returncode == 0 and not done.stderr, said(done)
    browsed = done.stdout.partition("predictions.csv\n")[2]
    captions = re.findall(r"^#(\d+) is \d, said \d(?: +WRONG)?$", browsed, re.MULTILINE)
    assert captions[-len(shown):] == [str(i) for i in shown], said(done)
    assert done.stdout.count("q(uit)") == len(shown)


@pytest.mark.parametrize("answer", ["20", "-1", "x", "nn", "1 2", "99999999999999999999", "1x", "?" * 5000, "quit"])
def test_view_understands_no_other_answers(viewer, answer):
    done = viewer(answer + "\nq\n")
    assert done.returncode == 0 and not done.stderr, said(done)
    assert done.stdout.count("n, p, q, or a number from 0 to 19\n") == 1
    assert done.stdout.count("q(uit)") == 2


def test_view_ends_on_closed_input(viewer):
    assert viewer(None).returncode == 0                 # /dev/null
    done = viewer(None, preexec_fn=lambda: os.close(0)) # not even that
    assert done.returncode == 0 and not done.stderr, said(done)


def test_without_view_nothing_is_read(tmp_path):
    """A terminal that nobody types into must not hold it up."""
    write_set(tmp_path / "set", small_set())
    reading, writing = os.pipe()
    try:
        done = train(tmp_path, "--data=set", "--iterations=2", stdin=reading, timeout=60)
    finally:
        os.close(reading)
        os.close(writing)
    assert done.returncode == 0, said(done)
    assert re.search(r"^#\d+ is \d, said \d", done.stdout, re.MULTILINE), "no digits are shown"
