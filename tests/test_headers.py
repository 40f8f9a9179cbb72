"""Every header of common/ by itself: a file that includes nothing else compiles as C11 and as C++17 without a warning.
And what is meant not to compile does not: a device buffer where a host buffer belongs."""
import functools
import shutil

import pytest

from support import CXX, FULL, ROOT, on_cpu, run, said

HEADERS = sorted(path.name for path in (ROOT / "common").glob("*.h"))


@functools.cache
def c_compiler():
    """The C compiler that belongs to CXX: g++ -> gcc, clang++-14 -> clang-14."""
    name = CXX.replace("clang++", "clang").replace("g++", "gcc")
    return name if shutil.which(name) else "cc"


LANGUAGES = {
    "c11": (c_compiler(), "-std=c11", "-x", "c"),
    "gnu11": (c_compiler(), "-std=gnu11", "-x", "c"),
    "c++17": (CXX, "-std=c++17", "-x", "c++"),
    "c++20": (CXX, "-std=c++20", "-x", "c++"),
}
STRICT = ["-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only"]
pytestmark = on_cpu


def compiles(folder, language, text, *flags):
    compiler, *standard = LANGUAGES[language]
    source = folder / "source"
    source.write_text(text)
    return run(compiler, *standard, *flags, "-isystem", ROOT / "common" / "cpu", "-I", ROOT, "-c", source)


@pytest.mark.parametrize("language", LANGUAGES if FULL else ["c11", "c++17"])
@pytest.mark.parametrize("header", HEADERS)
def test_alone(header, language, tmp_path):
    # ISO C wants at least one declaration in a file, and host_device.h has none.
    done = compiles(tmp_path, language, f'#include "common/{header}"\nextern int declared;\n', *STRICT)
    assert done.returncode == 0, said(done)
    assert not done.stderr, said(done)


@pytest.mark.parametrize("language", ["c11", "c++17"])
def test_all_twice_and_backwards(language, tmp_path):
    """Include guards, and no order among the headers."""
    names = HEADERS[::-1] + HEADERS
    done = compiles(tmp_path, language, "".join(f'#include "common/{name}"\n' for name in names), *STRICT)
    assert done.returncode == 0, said(done)


# Each with a right form and wrong ones. h and d are floats on the host and the device, e doubles on the device.
TYPED = {
    "upload": ("upload(d, h);", ["upload(h, d);", "upload(h, h);", "upload(d, d);", "upload(e, h);",
                                 "upload(d.data, h.data);"]),
    "download": ("download(h, d);", ["download(d, h);", "download(h, h);", "download(h, e);"]),
    "device_copy": ("DeviceF32 n = device_copy(h); (void)n;", ["DeviceF32 n = device_copy(d); (void)n;",
                                                               "DeviceF64 n = device_copy(h); (void)n;"]),
    "host_copy": ("HostF32 n = host_copy(d); (void)n;", ["HostF32 n = host_copy(h); (void)n;",
                                                         "HostF64 n = host_copy(d); (void)n;"]),
    "slices": ("HostF32 n = host_slice(h, 1, 2); (void)n;", ["HostF32 n = host_slice(d, 1, 2); (void)n;",
                                                             "HostF32 n = device_slice(d, 1, 2); (void)n;",
                                                             "DeviceF32 n = device_slice(h, 1, 2); (void)n;"]),
    "free": ("host_free(h); device_free(d);", ["host_free(d);", "device_free(h);"]),
    "fill": ("device_fill_bytes(d, 255);", ["device_fill_bytes(h, 255);"]),
    "assignment": ("h = host_f32(3); d = device_f32(3);", ["h = d;", "d = h;", "h = host_f64(3);", "e = d;"]),
    "program_input": ('program_input(p, "x", h, SHAPE(3));', ['program_input(p, "x", d, SHAPE(3));']),
    "program_output": ('program_output(p, "y", d, SHAPE(3), r, r);', ['program_output(p, "y", h, SHAPE(3), r, r);',
                                                                      'program_output(p, "y", d, SHAPE(3), h, r);',
                                                                      'program_output(p, "y", d, SHAPE(3), r);',
                                                                      'program_output(p, "y", d, SHAPE(3), d, d);']),
    "program_scratch": ("program_scratch(p, d);", ["program_scratch(p, h);"]),
}
FRAME = """#include "common/program.h"
void typed(HostF32 h, HostF64 r, DeviceF32 d, DeviceF64 e, Program *p);
void typed(HostF32 h, HostF64 r, DeviceF32 d, DeviceF64 e, Program *p)
{{
    (void)h, (void)r, (void)d, (void)e, (void)p;
    {statement}
}}
"""


@pytest.mark.parametrize("language", ["c11", "c++17"])
@pytest.mark.parametrize("what", TYPED)
def test_host_and_device_are_different_types(what, language, tmp_path):
    right, wrong = TYPED[what]
    done = compiles(tmp_path, language, FRAME.format(statement=right), "-fsyntax-only")
    assert done.returncode == 0, said(done)
    for statement in wrong:
        done = compiles(tmp_path, language, FRAME.format(statement=statement), "-fsyntax-only")
        assert done.returncode != 0, f"this must not compile: {statement}"
