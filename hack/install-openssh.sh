#!/usr/bin/env bash
# Makes sure that the tests find an OpenSSH server and client, and busybox for containers. Installs them from Debian if possible, and otherwise says
# what to install.
set -euo pipefail

# sshd is often outside a user's PATH.
PATH="$PATH:/usr/sbin:/usr/local/sbin"
if command -v sshd >/dev/null && command -v ssh >/dev/null && command -v busybox >/dev/null; then
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  as_root=(sudo -n)
fi
if ! command -v apt-get >/dev/null || ! "${as_root[@]}" true 2>/dev/null; then
  echo "The tests need OpenSSH's sshd and ssh, and a static busybox, and this script may not install them here." >&2
  echo "Install the packages openssh-server, openssh-client and busybox-static (Debian's names) and start again." >&2
  exit 1
fi

echo "installing openssh-server, openssh-client and busybox-static for the tests"
# Installs only the program: no service may start, and apt must not ask questions.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends openssh-server openssh-client busybox-static >/dev/null
