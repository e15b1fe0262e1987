#!/usr/bin/env bash
# Builds the images for linux/arm64 and pushes them to the project's repositories, which `ai4ai deploy apply` creates.
# Usage: deploy/push-image.sh [agent] [backend]     (both by default)
# Reads AWS_REGION (default ap-southeast-2), PROJECT (default ai4ai), and TAG (default: the commit's hash).
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    printf 'push-image: %s\n' "$*" >&2
    exit 1
}

region=${AWS_REGION:-ap-southeast-2}
project=${PROJECT:-ai4ai}
tag=${TAG:-$(git rev-parse --short=12 HEAD)}
command -v aws > /dev/null || fail 'The AWS CLI is needed: https://aws.amazon.com/cli'
command -v docker > /dev/null || fail 'Docker with buildx is needed: https://docs.docker.com/engine/install'
docker buildx version > /dev/null 2>&1 || fail 'This docker has no buildx: https://docs.docker.com/build/install-buildx'
if [ -z "${TAG:-}" ] && [ -n "$(git status --porcelain)" ]; then
    fail 'There are changes that are in no commit, so that its name would be wrong. Commit them, or name a TAG.'
fi

account=$(aws sts get-caller-identity --query Account --output text)
registry=$account.dkr.ecr.$region.amazonaws.com
aws ecr get-login-password --region "$region" | docker login --username AWS --password-stdin "$registry"

[ $# -gt 0 ] || set -- agent backend
for name in "$@"; do
    case $name in
        agent) target=runtime ;;
        backend) target=backend ;;
        *) fail "$name is no image. There are agent and backend." ;;
    esac
    image=$registry/$project/$name:$tag
    # With an attestation, the result would be an image index with an image for an unknown architecture.
    docker buildx build --platform linux/arm64 --provenance=false --target "$target" --tag "$image" --push .
    echo "push-image: pushed $image"
done
echo 'push-image: now run: ai4ai deploy apply'
