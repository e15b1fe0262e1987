#!/usr/bin/env bash
# The contract's agent in its image, for the suite that starts it by CONTRACT_AGENT, with few variables.
here=$(cd "$(dirname "$0")" && pwd)
IMAGE_ROOT=$here/../../.build/image/roots/contract exec "$here/in-image.sh" /usr/bin/contract-agent
