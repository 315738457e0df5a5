#!/bin/sh
# Runs OpenSSH's server as a container of the local ECS. Reads the addresses to
# listen on from LOCALECS_ADDRESSES, the port from SSH_PORT (22) and the only
# key that may log in from SSH_PUBLIC_KEY. Its files stay in the container's
# working directory. Needs root, as sshd does to switch to the session's user.
set -eu
PATH="$PATH:/usr/sbin:/sbin:/usr/local/sbin"
: "${LOCALECS_ADDRESSES:?must list the addresses to listen on}"
: "${SSH_PUBLIC_KEY:?must hold the public key that may log in}"

directory=$(pwd)/sshd
umask 077
mkdir -p "$directory"
if [ ! -d /run/sshd ]; then
	mkdir -m 0755 /run/sshd 2>/dev/null || [ -d /run/sshd ]
fi

[ -f "$directory/host_key" ] || ssh-keygen -q -t ed25519 -N '' -f "$directory/host_key"
printf '%s\n' "$SSH_PUBLIC_KEY" >"$directory/authorized_keys"

{
	echo "Port ${SSH_PORT:-22}"
	saved_ifs=$IFS
	IFS=,
	for address in $LOCALECS_ADDRESSES; do
		echo "ListenAddress $address"
	done
	IFS=$saved_ifs
	cat <<-END
		HostKey $directory/host_key
		AuthorizedKeysFile $directory/authorized_keys
		AuthenticationMethods publickey
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		PermitRootLogin prohibit-password
		StrictModes no
		UsePAM no
		UseDNS no
		PidFile none
	END
} >"$directory/sshd_config"

exec "$(command -v sshd)" -D -e -f "$directory/sshd_config"
