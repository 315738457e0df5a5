#!/usr/bin/env bash
# Makes sure that the tests find what real containers need, where they can run: as root. Without it, tests of real
# containers are skipped and say why.
set -euo pipefail

if [ "$(id -u)" -ne 0 ]; then
  echo "tests of real containers need root and are skipped"
  exit 0
fi
PATH="$PATH:/usr/sbin:/sbin:/usr/local/sbin"
declare -A packages=([runc]=runc [ip]=iproute2 [busybox]=busybox-static [tini-static]=tini)
missing=()
for program in "${!packages[@]}"; do
  command -v "$program" >/dev/null || missing+=("${packages[$program]}")
done
if [ "${#missing[@]}" -gt 0 ]; then
  "$(dirname "$0")/apt-install.sh" "${missing[@]}" || echo "tests of real containers are skipped"
fi
