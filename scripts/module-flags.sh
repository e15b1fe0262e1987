#!/usr/bin/env bash
# Prints the flags that compile against the modules of a build, as an outsider sees them.
# Usage: module-flags.sh BUILD-DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/.."

build=$1
printf -- '-I %s/Modules' "$build"
# C modules: some packages bring their module map, for the others the build has made one.
{
    find .build/checkouts/*/Sources -path '*/include/module.modulemap'
    find -L "$build" -maxdepth 2 -path '*.build/module.modulemap'
} | while read -r map; do printf -- ' -Xcc -fmodule-map-file=%s' "$map"; done
