#!/usr/bin/env bash
# Checks the page's scripts without a browser: their JSDoc types and their unit tests. In CI, a missing tool is an error.
set -euo pipefail
cd "$(dirname "$0")/.."

missing() { # what, what was not done
    echo "page: $1 is missing, so $2. Install it: apt-get install nodejs node-typescript" >&2
    [ -z "${CI:-}" ] || exit 1
}

if command -v tsc > /dev/null; then
    tsc --project Tests/Page
else
    missing 'tsc (TypeScript 4.8 or later)' 'the types of the page were not checked'
fi
if command -v node > /dev/null; then
    node --test Tests/Page/*.test.js
else
    missing 'node (18 or later)' "the page's modules were not tested"
fi
