#!/usr/bin/env bash
# Runs a program in an image's root file system as a container engine does: read-only but for /tmp, as a numeric user.
# Usage: IMAGE_ROOT=… in-image.sh PROGRAM [ARGUMENT]…     (as root)
set -euo pipefail
export PATH=${PATH:-/bin}:/usr/sbin:/usr/bin:/sbin:/bin
: "${IMAGE_ROOT:?names the root file system}"
# One process after another takes the place of the one before, so that signals reach the program.
exec unshare --mount --propagation private bash -c '
    mount --bind "$IMAGE_ROOT" "$IMAGE_ROOT"
    mount -o remount,bind,ro "$IMAGE_ROOT"
    mount -t tmpfs tmpfs "$IMAGE_ROOT/tmp"
    mount -t proc proc "$IMAGE_ROOT/proc"
    mount -t tmpfs tmpfs "$IMAGE_ROOT/dev"
    # Without the last one, Foundation makes the same UUID each time, and says nothing.
    for device in null zero random urandom; do
        touch "$IMAGE_ROOT/dev/$device"
        mount --bind "/dev/$device" "$IMAGE_ROOT/dev/$device"
    done
    exec setpriv --no-new-privs chroot --userspec=1000:1000 --groups= "$IMAGE_ROOT" "$@"' bash "$@"
