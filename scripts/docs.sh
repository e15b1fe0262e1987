#!/usr/bin/env bash
# Compiles the documentation of the public libraries; an invalid link or parameter is an error.
# Usage: docs.sh BUILD-DIRECTORY [OUTPUT]
set -euo pipefail
cd "$(dirname "$0")/.."

build=$1
output=${2:-.build/docs}
target=$(swiftc -print-target-info | sed -n 's/.*"unversionedTriple": "\(.*\)",/\1/p')
read -ra flags <<< "$(scripts/module-flags.sh "$build")"
for module in AgentCoreRuntime BrowserAutomation; do
    rm -rf "${output:?}/$module" "$output/$module.graphs"
    mkdir -p "$output/$module.graphs"
    # Extracts these two modules only: SwiftPM's own command rebuilds the package and extracts every module.
    swift symbolgraph-extract -module-name "$module" -target "$target" "${flags[@]}" \
        -minimum-access-level public -output-dir "$output/$module.graphs"
    docc convert "Sources/$module/$module.docc" --additional-symbol-graph-dir "$output/$module.graphs" \
        --output-path "$output/$module" --warnings-as-errors
    echo "docs: $output/$module"
done
