#!/usr/bin/env bash
# Bundles and minifies the page's scripts and styles with esbuild, for builds with AI4AI_PAGE_BUNDLE=1.
# The parts are in Sources/Backend/Bundle, from where they are embedded.
# Without esbuild, the page is served as plain modules, which is slower and looks the same.
set -euo pipefail
cd "$(dirname "$0")/../Sources/Backend"

if ! command -v esbuild > /dev/null; then
    echo 'page: esbuild is missing, so the page is served as plain modules. Install it: apt-get install esbuild' >&2
    exit 0
fi
parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT
minify=(esbuild --minify --target=es2022 --log-level=warning)

"${minify[@]}" --bundle --splitting --format=esm --entry-names=main '--chunk-names=part-[hash]' --outdir="$parts" Page/app.js
"${minify[@]}" < Page/theme.js --loader=js > "$parts/start.js"
# The styles in the order in which the document names them.
{
    for name in $(sed -n 's|.*rel="stylesheet" href="/assets/\([^"]*\)">|\1|p' Page/index.html); do cat "Page/$name"; done
    echo '@media print {' && cat Page/print.css && echo '}'
} | "${minify[@]}" --loader=css > "$parts/main.css"

# The parts that the page's script imports at once are requested together with it.
head='    <link rel="stylesheet" href="/assets/main.css">'
for part in $(grep -oE '(from|import)"\./part-[A-Z0-9]+\.js"' "$parts/main.js" | grep -oE 'part-[A-Z0-9]+\.js' | sort -u); do
    head+=$'\n'"    <link rel=\"modulepreload\" href=\"/assets/$part\">"
done
head+=$'\n''    <script src="/assets/main.js" type="module"></script>'
while IFS= read -r line; do
    case $line in
        *'rel="stylesheet"'*) ;;
        *'src="/assets/app.js"'*) printf '%s\n' "$head" ;;
        *) printf '%s\n' "${line/\/assets\/theme.js/\/assets\/start.js}" ;;
    esac
done < Page/index.html > "$parts/index.html"

# An unchanged bundle isn't replaced, so that nothing is compiled again.
if ! diff -qr "$parts" Bundle > /dev/null 2>&1; then
    rm -rf Bundle
    cp -r "$parts" Bundle
fi
