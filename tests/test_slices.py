"""Stage 3's launch functions with arrays that do not begin at a multiple of 16 bytes: parts of larger ones. On a GPU a quad
there is an error. A CPU does not mind, so the compiler is asked to check addresses (UndefinedBehaviorSanitizer)."""
from support import BACKEND, ROOT, compile_program, run, said


def test_parts_of_larger_arrays(tmp_path):
    checks = ["-fsanitize=alignment"] if BACKEND == "cpu" else []
    program = compile_program(ROOT / "tests" / "probes" / "slices.hip", tmp_path / "slices", *checks)
    done = run(program, cwd=tmp_path)
    assert done.returncode == 0 and not done.stdout and not done.stderr, said(done)
