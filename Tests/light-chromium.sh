#!/bin/sh
# Chromium with its GPU and network parts in its main process: it starts with a third less work, and the tests of
# `make test` start it hundreds of times. `make test-all` uses Chromium as it is.
for name in chromium chromium-browser google-chrome-stable google-chrome; do
    if command -v "$name" > /dev/null; then
        exec "$name" "$@" --in-process-gpu --enable-features=NetworkServiceInProcess2
    fi
done
echo 'light-chromium: there is no Chromium. Install it: apt-get install chromium' >&2
exit 127
