#!/bin/sh
# Resolve requirements/*.in and package.json into their lock files, with hashes and without hosts.
# UPGRADE=1 takes the newest versions the ranges allow; without it pins only move when they must.
set -eu
cd "$(dirname "$0")/.."
# npm may be the one that setup installed.
PATH="$PATH:$PWD/.venv/bin"

for name in runtime dev node; do
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-find-links --no-emit-index-url --custom-compile-command 'make lock' \
        ${UPGRADE:+--upgrade} "requirements/$name.in" --output-file "requirements/$name.txt"
done

if [ -n "${UPGRADE:-}" ]; then verb=update; else verb=install; fi
npm "$verb" --package-lock-only --ignore-scripts --silent
.venv/bin/python scripts/clean_package_lock.py

if grep -n '://' requirements/*.txt package-lock.json; then
    echo "lock: the lines above name a host; lock files must not" >&2
    exit 1
fi
