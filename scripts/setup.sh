#!/usr/bin/env bash
# Installs the missing programs, or says what to do if it can't. Fast if nothing is missing.
# Usage: setup.sh [additional programs, as NAME or NAME:DEBIAN-PACKAGE]
set -euo pipefail

fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

if ! command -v swift > /dev/null; then
    fail 'Swift 6.2 or later is needed. Install it from https://www.swift.org/install and run this again.'
fi

missing=()
need() { # command, Debian package
    command -v "$1" > /dev/null || missing+=("$2")
}

browser=${AI4AI_CHROMIUM:-}
for name in chromium chromium-browser google-chrome-stable google-chrome; do
    [ -n "$browser" ] || browser=$(command -v "$name" || true)
done
[ -n "$browser" ] || missing+=(chromium)
need curl curl
need python3 python3
# The agents read PDF files with it.
need pdftotext poppler-utils
python3 -c 'import ensurepip' 2> /dev/null || missing+=(python3-venv)
# The page's Markdown parser; without it, the page shows plain text.
if command -v apt-get > /dev/null; then
    [ -e /usr/share/javascript/marked/marked.min.js ] || missing+=(libjs-marked)
    # Bundles the page's scripts.
    need esbuild esbuild
fi
for program in "$@"; do need "${program%:*}" "${program#*:}"; done

[ ${#missing[@]} -gt 0 ] || exit 0

command -v apt-get > /dev/null || fail "these are missing, and there is no apt-get to install them: ${missing[*]}"
sudo=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo > /dev/null || fail "these are missing, and root is needed to install them: ${missing[*]}"
    sudo=(sudo)
fi
echo "setup: installing ${missing[*]}"
"${sudo[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null ||
    fail "apt-get could not install ${missing[*]}; see its message above"
