#!/usr/bin/env bash
# Prints the compiler flags for code outside of the package that imports the modules of a build.
# Usage: module-flags.sh BUILD-DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/.."

build=$1
printf -- '-I %s/Modules' "$build"
# C modules: some packages contain a module map; for the others, the build has generated one.
{
    find .build/checkouts/*/Sources -path '*/include/module.modulemap'
    find -L "$build" -maxdepth 2 -path '*.build/module.modulemap'
} | while read -r map; do printf -- ' -Xcc -fmodule-map-file=%s' "$map"; done
