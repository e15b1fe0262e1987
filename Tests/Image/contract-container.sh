#!/usr/bin/env bash
# The contract's agent as a container, for the suite that starts it by CONTRACT_AGENT with few variables.
# Usage: CONTAINER_ENGINE=docker contract-container.sh
set -euo pipefail
variables=()
while read -r name; do
    case $name in CONTAINER_ENGINE | PATH | PWD | OLDPWD | SHLVL | _) ;; *) variables+=(--env "$name") ;; esac
done < <(compgen -e)
exec "${CONTAINER_ENGINE:-docker}" run --rm --network host --read-only --tmpfs /tmp --cap-drop all \
    --security-opt no-new-privileges "${variables[@]}" ai4ai/contract
