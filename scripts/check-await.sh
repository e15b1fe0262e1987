#!/usr/bin/env bash
# Fails where a tuple or a case is built around an `await`: Swift 6.3.1 compiles that wrongly with optimisation, and
# stores nothing. Await into a `let` first.
set -euo pipefail
cd "$(dirname "$0")/.."

if grep -rnP --include='*.swift' '(return|=) (\((?!try\b)|\.[a-zA-Z]+\().*await |[(,] ?\.[a-z][a-zA-Z]*\((try )?await ' "${@:-Sources}"; then
    echo 'check-await: await into a `let` first, and build the value from that.' >&2
    exit 1
fi
