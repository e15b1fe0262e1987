#!/usr/bin/env bash
# Builds the container's programs for arm64 on any machine and runs the runtime under emulation. Leaves the contract agent
# in .build/arm64/contract-agent for the contract tests.
# Debian's Swift supports both architectures, so this script unpacks a Debian system for each. Needs root, 10 GB, and 30 minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$PWD/.build/arm64
sdks=$work/host/root/.swiftpm/swift-sdks
sysroot=$sdks/arm64.artifactbundle/arm64/sysroot

scripts/setup.sh mmdebstrap qemu-aarch64-static:qemu-user-static

debian() { # directory, architecture, variant, packages
    # A mirror's copy of the unstable suite may be older than its Valid-Until date.
    mmdebstrap --quiet --aptopt='Acquire::Check-Valid-Until "false"' --architectures="$2" --variant="$3" \
        --include="$4" sid "$1" http://deb.debian.org/debian
}

if [ ! -e "$work/ready" ]; then
    rm -rf "$work"
    mkdir -p "$work"
    debian "$work/host" amd64 minbase swiftlang,git,g++
    mkdir -p "$(dirname "$sysroot")" "$work/host$PWD"
    # Only unpacked: the arm64 system is used as a sysroot and never started.
    debian "$sysroot" arm64 extract swiftlang,g++,zlib1g-dev
    rm -rf "${sysroot:?}"/{dev,var,tmp}
    ln -sfn usr/lib "$sysroot/lib"
    ln -sfn ../libexec/swift/lib/swift_static "$sysroot/usr/lib/swift_static"
    cat > "$sdks/arm64.artifactbundle/info.json" << 'JSON'
{"schemaVersion": "1.0", "artifacts": {"arm64": {"type": "swiftSDK", "version": "1", "variants": [
  {"path": "arm64", "supportedTriples": ["x86_64-pc-linux-gnu", "x86_64-unknown-linux-gnu"]}]}}}
JSON
    cat > "$sdks/arm64.artifactbundle/arm64/swift-sdk.json" << 'JSON'
{"schemaVersion": "4.0", "targetTriples": {"aarch64-unknown-linux-gnu": {
  "sdkRootPath": "sysroot", "swiftResourcesPath": "sysroot/usr/libexec/swift/lib/swift",
  "swiftStaticResourcesPath": "sysroot/usr/libexec/swift/lib/swift_static", "toolsetPaths": ["toolset.json"]}}}
JSON
    cat > "$sdks/arm64.artifactbundle/arm64/toolset.json" << 'JSON'
{"schemaVersion": "1.0", "rootPath": "/usr/libexec/swift/bin", "swiftCompiler": {"extraCLIOptions": ["-use-ld=lld"]}}
JSON
    touch "$work/ready"
fi

# Fetches the packages outside of the chroot, with this machine's network settings.
swift package resolve --scratch-path "$work/build"
for product in ai4ai-runtime contract-agent; do
    # shellcheck disable=SC2016 # The inner shell expands it.
    WORK=$work PRODUCT=$product unshare --mount --propagation private bash -c '
        mount --bind "$PWD" "$WORK/host$PWD"
        mount --bind /dev "$WORK/host/dev"
        mount -t proc proc "$WORK/host/proc"
        exec chroot "$WORK/host" env HOME=/root PATH=/usr/bin:/bin GIT_CONFIG_COUNT=1 \
            GIT_CONFIG_KEY_0=safe.directory "GIT_CONFIG_VALUE_0=*" \
            swift build --package-path "$PWD" --scratch-path "$WORK/build" --skip-update -c release \
            --static-swift-stdlib --swift-sdk arm64 --product "$PRODUCT" -Xlinker -s'
done

built=$work/build/aarch64-unknown-linux-gnu/release
file=$(readelf --file-header "$built/ai4ai-runtime")
[[ $file == *AArch64* ]] || { echo "arm64-check: this is no program for arm64: $file" >&2; exit 1; }
for program in ai4ai-runtime contract-agent; do
    printf '#!/bin/sh\nexec qemu-aarch64-static -L %s %s "$@"\n' "$sysroot" "$built/$program" > "$work/$program"
    chmod +x "$work/$program"
done

export AI4AI_PORT=18080 AI4AI_STORAGE_DIRECTORY=$work/storage
"$work/ai4ai-runtime" &
runtime=$!
trap 'kill $runtime 2> /dev/null || true' EXIT
until "$work/ai4ai-runtime" healthcheck 2> /dev/null; do
    kill -0 $runtime
    sleep 0.2
done
curl --fail --silent --show-error "http://127.0.0.1:$AI4AI_PORT/invocations" -d '{"prompt": "hello"}'
kill -TERM $runtime
wait $runtime
