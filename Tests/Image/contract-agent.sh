#!/usr/bin/env bash
# The contract's agent in its image, for the suite that starts it by CONTRACT_AGENT.
exec "$(dirname "$0")/in-image.sh" /usr/bin/contract-agent
