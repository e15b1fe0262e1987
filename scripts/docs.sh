#!/usr/bin/env bash
# Compiles the documentation of the public libraries; a link or a parameter that is wrong is an error.
# Usage: docs.sh [OUTPUT]     Needs a build (swift build).
set -euo pipefail

output=${1:-.build/docs}
swift package dump-symbol-graph --minimum-access-level public > /dev/null
graphs=$(swift build --show-bin-path)/../symbolgraph
for module in AgentCoreRuntime BrowserAutomation; do
    rm -rf "${output:?}/$module" "$output/$module.graphs"
    mkdir -p "$output/$module.graphs"
    cp "$graphs/$module.symbols.json" "$output/$module.graphs/"
    docc convert "Sources/$module/$module.docc" --additional-symbol-graph-dir "$output/$module.graphs" \
        --output-path "$output/$module" --warnings-as-errors
    echo "docs: $output/$module"
done
