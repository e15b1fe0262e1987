#!/bin/sh
# Shows that nothing reads the titles of steps: changes every Malay one in a copy of the tree, and runs the tests there that need no
# browser, and Node's. Only the tests of the titles themselves may fail. Builds the copy, which takes as long as a first build, unless
# the first argument is a copy that is built already.
set -eu
copy=${1:-}
if [ -z "$copy" ]; then
    copy=$(mktemp -d)
    trap 'rm -rf "$copy"' EXIT
    git clone --quiet --shared . "$copy"
fi
cd "$copy"
# Every title of the Swift side goes through this function.
sed -i 's/{ self.language(english, malay) }/{ self.language(english, "§ " + malay) }/' Sources/RuntimeProtocol/StepTitle.swift
sed -i -E 's/("run\.(step|tool)\.[^"]+": ")/\1§ /' Sources/Backend/Page/i18n-run-ms.js
grep -q '§' Sources/RuntimeProtocol/StepTitle.swift
echo "$(grep -c '§' Sources/Backend/Page/i18n-run-ms.js) titles of the page, and all in Swift, have other words"
touch Sources/Backend/API/PageRoutes.swift
node --test --test-reporter=tap Tests/Page >node.log 2>&1 || true
AI4AI_TEST_BROWSER=none make swift-tests >swift.log 2>&1 || true
grep -q 'Test run with' swift.log || { tail -20 swift.log; exit 1; }
{ grep -hE '^not ok ' node.log || true; grep -hE '✘ Test ".*failed' swift.log || true; } >failed
cat failed
others=$(grep -vE 'title' failed || true)
[ -z "$others" ] || { echo "These read titles, or fail for another reason."; exit 1; }
