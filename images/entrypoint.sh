#!/bin/sh
# Runs OpenSSH's server in the foreground, for one CI job. The only key that may
# log in comes from SSH_PUBLIC_KEY, the port from SSH_PORT (22), and the user is
# the one who runs the container. Arguments are additional options for sshd, such as
# "-o ClientAliveInterval=60".
#
# It exits with 78 if the container is not set up correctly, otherwise with sshd's exit code.
set -eu
umask 077

refuse() {
	echo "entrypoint.sh: $1" >&2
	exit 78
}

[ -n "${SSH_PUBLIC_KEY:-}" ] ||
	refuse "SSH_PUBLIC_KEY is empty. The executor sets it on the container ci-coordinator, or on containerName of the class: give this container that name."
[ -w "${HOME:-}" ] ||
	refuse "HOME is \"${HOME:-}\", where $(id -un) cannot write. Give the user a home directory."

directory=$HOME/.sshd
rm -rf "$directory"
mkdir "$directory"

printf '%s\n' "$SSH_PUBLIC_KEY" >"$directory/authorized_keys"
ssh-keygen -l -f "$directory/authorized_keys" >/dev/null 2>&1 ||
	refuse "SSH_PUBLIC_KEY is not a public key. It must be one line as in authorized_keys, such as \"ssh-ed25519 AAAA...\"."

# Every container generates its own host key: none is part of the image. In FIPS
# mode there are no Ed25519 keys.
ssh-keygen -q -t ed25519 -N '' -f "$directory/host_key" || {
	rm -f "$directory/host_key" "$directory/host_key.pub"
	ssh-keygen -q -t ecdsa -N '' -f "$directory/host_key"
}

# Sessions do not inherit the container's environment. Jobs need it: PATH, what
# the task definition sets, and the addresses of the task role's credentials.
# What sshd sets itself is left out. sshd reads only one SetEnv, so every variable
# has to be on the same line.
environment() {
	awk 'BEGIN {
		line = "SetEnv"
		for (name in ENVIRON) {
			value = ENVIRON[name]
			if (name !~ /^[A-Za-z_][A-Za-z0-9_]*$/ ||
			    name ~ /^(SSH_.*|HOME|USER|LOGNAME|SHELL|MAIL|PWD|OLDPWD|SHLVL|_)$/)
				continue
			if (value ~ /\n/) {
				print "entrypoint.sh: " name " has more than one line: jobs do not get it" >"/dev/stderr"
				continue
			}
			gsub(/[\\"]/, "\\\\&", value)
			line = line " \"" name "=" value "\""
		}
		print line
	}'
}

{
	cat <<-END
		Port ${SSH_PORT:-22}
		HostKey $directory/host_key
		PidFile none
		UsePAM no
		UseDNS no

		AllowUsers $(id -un)
		AuthorizedKeysFile $directory/authorized_keys
		AuthenticationMethods publickey
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		PermitRootLogin prohibit-password
		MaxAuthTries 3
		LoginGraceTime 30
		DisableForwarding yes

		# Never SHA-1 or 64-bit authentication, whatever the defaults are.
		KexAlgorithms -*sha1
		MACs -*sha1*,umac-64*
		PubkeyAcceptedAlgorithms -ssh-rsa*,ssh-dss*

		# A runner that is gone is noticed within a minute.
		ClientAliveInterval 15
		ClientAliveCountMax 3
	END
	environment
} >"$directory/sshd_config"

# Root's sshd separates privileges, which needs this directory.
[ "$(id -u)" -ne 0 ] || install -d -m 755 /run/sshd

# Sessions inherit this, so that files that jobs create have the usual modes.
umask 022

# As the container's first process sshd gets SIGTERM itself, and ends at once.
exec /usr/sbin/sshd -D -e -f "$directory/sshd_config" "$@"
