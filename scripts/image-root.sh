#!/usr/bin/env bash
# Gathers the root file system of an image: a program, what it links, certificates and licences, and nothing else.
# Usage: image-root.sh ROOT PROGRAM…
set -euo pipefail

root=$1
shift
# An engine mounts the first three, also where nothing else may be written.
mkdir -p "$root"/{dev,proc,sys,etc/ssl/certs,tmp,usr/bin,usr/share/licenses}
chmod 1777 "$root/tmp"

for program in "$@"; do
    install -m 755 "$program" "$root/usr/bin/"
    # What the program links, and the loader itself, at the places where the loader looks.
    ldd "$program" | grep -o '/[^ ]*' | sort -u | while read -r library; do
        mkdir -p "$root$(dirname "$library")"
        cp -L "$library" "$root$library"
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
for library in libc6 libgcc-s1 libstdc++6 zlib1g ca-certificates; do
    [ ! -e "/usr/share/doc/$library/copyright" ] || cp -L "/usr/share/doc/$library/copyright" "$root/usr/share/licenses/$library"
done
