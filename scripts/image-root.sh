#!/usr/bin/env bash
# Gathers the root file system of an image: a program, what it links, certificates and licences, and nothing else.
# Usage: image-root.sh ROOT PROGRAM…
set -euo pipefail

root=$1
shift
# An engine mounts the first three, also where nothing else may be written.
mkdir -p "$root"/{dev,proc,sys,etc/ssl/certs,tmp,usr/bin,usr/share/licenses}
chmod 1777 "$root/tmp"

# The packages of the libraries beside the program, for their licences.
packages=$(mktemp)
trap 'rm -f "$packages"' EXIT
echo ca-certificates > "$packages"

for program in "$@"; do
    install -m 755 "$program" "$root/usr/bin/"
    dpkg -S "$program" 2> /dev/null | cut -d: -f1 >> "$packages" || true
    # What the program links, and the loader itself, at the places where the loader looks.
    ldd "$program" | grep -o '/[^ ]*' | sort -u | while read -r library; do
        mkdir -p "$root$(dirname "$library")"
        cp -L "$library" "$root$library"
        # dpkg knows a file by one of its two paths where /lib is a link to /usr/lib.
        for path in "$library" "${library#/usr}" "/usr$library"; do
            dpkg -S "$path" 2> /dev/null | cut -d: -f1 >> "$packages" || true
        done
    done
done

cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
# A name for the number, for what looks itself up.
echo 'ai4ai:x:1000:1000::/tmp:/nonexistent' > "$root/etc/passwd"
echo 'ai4ai:x:1000:' > "$root/etc/group"

# Licences: our own, those of the packages in the program, and those of the libraries beside it.
cp LICENSE "$root/usr/share/licenses/ai4ai"
for package in "${CHECKOUTS:-.build/checkouts}"/*/; do
    for licence in "$package"LICENSE*; do
        [ ! -e "$licence" ] || cp "$licence" "$root/usr/share/licenses/$(basename "$package")"
    done
done
sort -u "$packages" | while read -r package; do
    [ ! -e "/usr/share/doc/$package/copyright" ] || cp -L "/usr/share/doc/$package/copyright" "$root/usr/share/licenses/$package"
done
