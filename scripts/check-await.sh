#!/usr/bin/env bash
# Fails if code builds a tuple or an enum case around an `await`: with optimization, Swift 6.3.1 miscompiles it and stores
# nothing. Await into a `let` first.
set -euo pipefail
cd "$(dirname "$0")/.."

if grep -rnP --include='*.swift' '(return|=) (\((?!try\b)|\.[a-zA-Z]+\().*await |[(,] ?\.[a-z][a-zA-Z]*\((try )?await ' "${@:-Sources}"; then
    echo 'check-await: await into a `let` first, and build the value from that.' >&2
    exit 1
fi
