#!/usr/bin/env bash
# Compiles the examples against the public modules of an existing build. `make examples-built` builds them as packages.
# Usage: check-examples.sh BUILD-DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/.."

read -ra flags <<< "$(scripts/module-flags.sh "$1")"
for example in Examples/*/; do
    swift package --package-path "$example" describe > /dev/null
    swiftc -typecheck -swift-version 6 -warnings-as-errors "${flags[@]}" "$example"Sources/*/*.swift
    echo "examples: $example"
done

# The code of the tutorials. Each file is a program of its own, so the compiler must find it under this name.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for code in Sources/*/*.docc/Resources/*.swift; do
    if [[ $code != *-package.swift ]]; then
        cp "$code" "$scratch/main.swift"
        swiftc -typecheck -swift-version 6 -warnings-as-errors "${flags[@]}" "$scratch/main.swift"
        echo "examples: $code"
    fi
done
