"""The random numbers of common/random.h: the known answers of Philox4x32-10, the same stream on the host and on the
device, and the conversion to floats, recomputed here with Python's whole numbers."""
import numpy as np
import pytest

from support import ROOT, WARPS, compile_program, run, said

pytestmark = pytest.mark.core
# From the test file of the authors' library Random123 (kat_vectors, philox 4x32, 10 rounds).
KNOWN = [[0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
         [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
         [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]]
WORD = 0xFFFFFFFF


def philox(counter, key):
    """Ten rounds as in figure 4 of the paper, on Python's numbers."""
    (c0, c1, c2, c3), (k0, k1) = counter, key
    for _ in range(10):
        left, right = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (right >> 32) ^ c1 ^ k0, right & WORD, (left >> 32) ^ c3 ^ k1, left & WORD
        k0, k1 = (k0 + 0x9E3779B9) & WORD, (k1 + 0xBB67AE85) & WORD
    return [c0, c1, c2, c3]


def stream(seed, n):
    key = (seed & WORD, seed >> 32)
    words = [word for block in range(-(-n // 4)) for word in philox((block & WORD, block >> 32, 0, 0), key)]
    return np.array(words[:n], np.uint32)


@pytest.fixture(scope="module", params=WARPS)
def dumped(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("random")
    program = compile_program(ROOT / "tests" / "probes" / "random.hip", folder / "random")
    done = run(program, "--dump=d", "--seed=7", cwd=folder, warp=request.param)
    assert done.returncode == 0, said(done)
    return {path.name.removesuffix(".npy"): np.load(path) for path in (folder / "d").glob("*.npy")}


def test_known_answers(dumped):
    assert dumped["known"].view(np.uint32).tolist() == KNOWN
    assert philox((0, 0, 0, 0), (0, 0)) == KNOWN[0]


def test_bits(dumped):
    bits = dumped["device.bits"].view(np.uint32)
    assert np.array_equal(bits, stream(7 + (0x9abcdef0 << 32), bits.size))


def test_host_and_device_agree_to_the_bit(dumped):
    for name in ("single.uniform", "device.uniform"):
        assert np.array_equal(dumped["host.uniform"].view(np.int32), dumped[name].view(np.int32)), name


def test_uniform_is_where_it_should_be(dumped):
    x = dumped["host.uniform"].astype(np.float64)
    assert x.min() >= -3 and x.max() < 5
    exact = 1 + dumped["device.bits"].astype(np.float64) * (8 / 2**32)      # around the middle of [-3, 5)
    assert np.abs(x - exact).max() <= 2**-24 * (5 + 4)      # bits to float, then one fma: u |offset| + u |x|
    below = np.histogram(x, bins=16, range=(-3, 5))[0]
    assert np.abs(below - x.size / 16).max() < 5 * np.sqrt(x.size / 16)


def test_normal(dumped):
    host, device = (dumped[f"{side}.normal"].astype(np.float64) for side in ("host", "device"))
    assert np.abs(host - device).max() <= 1e-5      # a few ulp of logf, and of cosf at up to 2 pi
    assert abs(host.mean()) < 5 / np.sqrt(host.size) and abs(host.std() - 1) < 5 / np.sqrt(2 * host.size)
    assert 3 < np.abs(host).max() < 6
