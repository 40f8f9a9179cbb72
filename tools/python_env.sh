#!/bin/sh
# Prints the Python that has the project's packages; makes it first where there is none.
#
#   tools/python_env.sh [--needs MODULE]...
#
# $PYTHON, if set, is taken as it is: the given modules are imported to see that they are there.
# Otherwise it is build/venv, made from requirements.txt when it is missing or out of date. The copy
# of requirements.txt inside build/venv is written last of all, so an environment without it, or with
# another text in it, is an install that was interrupted or is too old, and is made anew.
set -u

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
venv=$root/build/venv
needs=
while [ $# -gt 0 ]; do
    case $1 in
    --needs) [ $# -ge 2 ] || { echo "python_env.sh: --needs wants a module" >&2; exit 2; }
             needs="$needs $2"; shift 2 ;;
    *) echo "python_env.sh: unknown argument $1 (usage: python_env.sh [--needs MODULE]...)" >&2; exit 2 ;;
    esac
done

fail()
{
    echo "python_env.sh: $*" >&2
    exit 1
}

# A Python that the user named: nothing is installed into it.
if [ -n "${PYTHON:-}" ]; then
    case $PYTHON in
    /*) ;;
    */*) PYTHON=$PWD/$PYTHON ;; # who gets this path may stand in another folder
    esac
    command -v "$PYTHON" >/dev/null 2>&1 || fail "PYTHON=$PYTHON: there is no such program"
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
        fail "PYTHON=$PYTHON is not a working Python 3.10 or newer"
    for module in $needs; do
        "$PYTHON" -c "import $module" >/dev/null 2>&1 ||
            fail "PYTHON=$PYTHON cannot import $module: install what requirements.txt names, or leave PYTHON= out"
    done
    echo "$PYTHON"
    exit 0
fi

ready()
{
    cmp -s "$root/requirements.txt" "$venv/requirements.txt" && [ -x "$venv/bin/python" ]
}

if ready; then
    echo "$venv/bin/python"
    exit 0
fi

# Only one process makes it; the others wait. mkdir either makes the folder or fails, at once.
mkdir -p "$root/build" || fail "cannot make $root/build"
lock=$root/build/venv.lock
waited=
while ! mkdir "$lock" 2>/dev/null; do
    [ -d "$lock" ] || fail "cannot make $lock"
    owner=$(cat "$lock/pid" 2>/dev/null)
    # The owner may have been killed. Of those who wait, one succeeds in renaming its lock; should that be the
    # lock of a new owner already, it goes back.
    if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then
        if mv "$lock" "$lock.$$" 2>/dev/null; then
            [ "$(cat "$lock.$$/pid" 2>/dev/null)" = "$owner" ] || mv "$lock.$$" "$lock"
            rm -rf "$lock.$$"
        fi
    else
        [ -n "$waited" ] || echo "python     waiting for the process that makes build/venv (it holds build/venv.lock)" >&2
        waited=1
        sleep 1
    fi
done
trap 'rm -rf "$lock"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
echo $$ >"$lock/pid"

if ready; then
    echo "$venv/bin/python"
    exit 0
fi

base=$(command -v python3) || fail "python3 is missing: install it (Debian, Ubuntu: apt install python3 python3-venv)"
"$base" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
    fail "$base is too old: Python 3.10 or newer is needed; PYTHON= can name one that has the packages of requirements.txt"
"$base" -c 'import venv, ensurepip' 2>/dev/null ||
    fail "$base cannot make virtual environments: install them (Debian, Ubuntu: apt install python3-venv)"

log=$root/build/venv.log
echo "python     making build/venv from requirements.txt (once; log: build/venv.log)" >&2
rm -rf "$venv" || fail "cannot remove the old $venv"
"$base" -m venv "$venv" >"$log" 2>&1 || fail "cannot make $venv: $(tail -n 1 "$log")"
if ! "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --retries 2 --timeout 20 \
     -r "$root/requirements.txt" >>"$log" 2>&1; then
    reason=$(grep -E '^ *(ERROR|error):' "$log" | tail -n 1)
    fail "cannot install the packages of requirements.txt (${reason:-see build/venv.log}). With no network, name a Python that has them already: PYTHON=/path/to/python"
fi
cp "$root/requirements.txt" "$venv/requirements.txt.new" &&
    mv "$venv/requirements.txt.new" "$venv/requirements.txt" || fail "cannot write $venv/requirements.txt"
echo "$venv/bin/python"
