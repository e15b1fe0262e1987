#!/usr/bin/env bash
# Fails if the container's program links full Foundation, which would add 44 MB of ICU to the image.
set -euo pipefail
if ldd "$1" | grep -E 'libFoundation\.so|libFoundationInternationalization|_FoundationICU'; then
    echo "check-links: $1 links full Foundation. Import FoundationEssentials, and check the traits in Package.swift." >&2
    exit 1
fi
