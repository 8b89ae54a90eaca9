#!/bin/sh
# Make .venv and static/vendor from the lock files. `make setup` runs this when one has changed.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "setup: $*"; }
fail() { printf '%s\n' "setup: $*" >&2; exit 1; }

at_least_3_11() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if at_least_3_11 "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "no Python 3.11 or newer found. Install one, or name it: make setup PYTHON=/path/to/python3"
}

make_venv() {
    if [ -x .venv/bin/python ] && at_least_3_11 .venv/bin/python \
        && .venv/bin/python -m pip --version >/dev/null 2>&1; then
        return
    fi
    python=$(find_python)
    say "making .venv with $("$python" --version)"
    "$python" -c 'import ensurepip, venv' 2>/dev/null || fail \
        "$python cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv"
    "$python" -m venv --clear .venv
}

install_python_packages() {
    say "installing Python packages (a minute or two the first time)"
    pip="env PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install --quiet"
    $pip --require-hashes -r requirements/dev.txt
    $pip --no-deps --no-build-isolation -e .
}

has_node() {
    command -v npm >/dev/null 2>&1 \
        && node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null
}

install_assets() {
    if ! has_node; then
        say "no Node 20 or newer with npm here: installing one into .venv"
        .venv/bin/python -m pip install --quiet --disable-pip-version-check \
            --require-hashes -r requirements/node.txt
        PATH="$PWD/.venv/bin:$PATH"
        export PATH
    fi
    say "installing front-end files"
    npm ci --ignore-scripts --silent || fail "npm ci did not work: see the message above"
    .venv/bin/python scripts/vendor_assets.py
}

make_venv
install_python_packages
install_assets
say "done"
