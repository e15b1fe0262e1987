#!/usr/bin/env bash
# Runs a command while two busy loops use the CPU: tests that depend on timing fail here first.
# Usage: with-stress.sh COMMAND…
set -euo pipefail

loops=()
for _ in 1 2; do
    while :; do :; done &
    loops+=($!)
done
trap 'kill "${loops[@]}"' EXIT
"$@"
