#!/usr/bin/env bash
# Makes sure that the tests find an OpenSSH server and client. Installs them from Debian if possible, and otherwise says
# what to install.
set -euo pipefail

# sshd is often outside a user's PATH.
PATH="$PATH:/usr/sbin:/usr/local/sbin"
if command -v sshd >/dev/null && command -v ssh >/dev/null; then
  exit 0
fi
"$(dirname "$0")/apt-install.sh" openssh-server openssh-client
