#!/usr/bin/env bash
# Runs the tests of `make test` N times under load, and lists what failed at least once.
# Usage: flaky.sh N     The logs are in .build/flaky.
set -uo pipefail
cd "$(dirname "$0")/.."

rm -rf .build/flaky
mkdir -p .build/flaky
for round in $(seq "$1"); do
    for part in page swift-tests peers; do
        echo "flaky: round $round of $1, $part"
        scripts/with-stress.sh make "$part" > ".build/flaky/$round-$part.log" 2>&1 ||
            echo "$part failed" >> .build/flaky/failed
    done
done
# The lines that Node, Swift Testing, and pytest print for a failed test.
grep -hE '^(not ok|✖|FAILED|ERROR)|✘ Test (case )?.* (failed|recorded)' .build/flaky/*.log | sort | uniq -c | sort -rn
[ ! -e .build/flaky/failed ] && echo "flaky: $1 rounds, nothing has failed"
