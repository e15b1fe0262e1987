#!/usr/bin/env bash
# Whether the image was checked as it is: a digest of what decides on it, kept in Tests/Image/checked by `make image-check`.
# Usage: image-inputs.sh --is-checked | --note
set -euo pipefail
cd "$(dirname "$0")/.."

export LC_ALL=C  # One order everywhere.
digest=$(find .dockerignore Dockerfile Package.swift scripts/bundle-page.sh scripts/image-*.sh Tests/Image -type f \
    ! -name checked ! -name '*.pyc' -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
case $1 in
    --is-checked) [ "$digest" = "$(cat Tests/Image/checked 2> /dev/null)" ] ;;
    --note) echo "$digest" > Tests/Image/checked ;;
    *) echo "usage: image-inputs.sh --is-checked | --note" >&2; exit 64 ;;
esac
