"""transpose --banks: the table of banks must be what the addresses of the tile's column give."""
import re

import pytest

from support import WARPS, program, run, said


@pytest.mark.parametrize("warp", WARPS)
def test_banks(warp, tmp_path):
    done = run(program("stage2_matrix/transpose"), "--m=33", "--n=35", "--repeat=1", "--banks", warp=warp, cwd=tmp_path)
    assert done.returncode == 0 and not done.stderr, said(done)
    lanes = int(re.search(r"warp (\d+)$", done.stdout.splitlines()[0])[1])
    tables = done.stdout.partition("Shared memory has")[2].splitlines()[1:]
    for version, stride, rounds in (("shared", 32, 32), ("padded", 33, lanes // 32)):
        start = next(i for i, line in enumerate(tables) if line.startswith(version))
        assert f"rows of {stride} floats" in tables[start], said(done)
        end = start + 1 + lanes // 32
        banks = [int(word) for line in tables[start + 1:end] for word in line.replace("bank", "").split()]
        assert banks == [(lane % 32 * stride + lane // 32) % 32 for lane in range(lanes)]
        assert max(banks.count(bank) for bank in banks) == rounds
        assert f"{lanes} lanes, at most {rounds} of them in one bank: {rounds} round" in tables[end]
