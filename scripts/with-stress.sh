#!/usr/bin/env bash
# Runs a command while two busy loops keep the processor from it: what depends on time fails here first.
# Usage: with-stress.sh COMMAND…
set -euo pipefail

loops=()
for _ in 1 2; do
    while :; do :; done &
    loops+=($!)
done
trap 'kill "${loops[@]}"' EXIT
"$@"
