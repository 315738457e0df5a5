package sshrun

import "regexp"

// Explain fills in e.Cause from lines of the log of the task's SSH server, and
// reports whether one of them says why it refused the key. It knows the words of
// OpenSSH and Dropbear.
func (e *AuthenticationError) Explain(log []string) bool {
	for _, known := range refusals {
		pattern := regexp.MustCompile(known.line)
		for _, line := range log {
			found := pattern.FindStringSubmatchIndex(line)
			if found == nil || !e.isAbout(pattern, line, found) {
				continue
			}
			e.Cause = string(pattern.ExpandString(nil, known.cause, line, found))
			return true
		}
	}
	return false
}

// isAbout is false for a line that names another user than the one who was
// refused: others may try to log in too.
func (e *AuthenticationError) isAbout(pattern *regexp.Regexp, line string, found []int) bool {
	user := pattern.ExpandString(nil, "$user", line, found)
	return len(user) == 0 || string(user) == e.User
}

// refusal is the pattern of a line that an SSH server logs when it refuses a key,
// and what that means, with the fix. The cause may use the groups of the pattern,
// which is compiled only when it is needed: every stage would pay for it.
type refusal struct {
	line, cause string
}

// refusals are in the order in which they count: the last ones follow others. The
// lines are those of OpenSSH 9.2 and Dropbear 2022.83, with the names that OpenSSH
// had for the same before 8.5.
var refusals = []refusal{
	{
		`(?:signature algorithm|key type) (?P<type>\S+) not in PubkeyAccepted`,
		"its log says that it accepts no keys of the type ${type}, as in FIPS mode: set KeyType in the section [SSH] of fargate.toml, or ssh.keyType in the class, to ECDSA or RSA",
	},
	{
		`User (?P<user>\S+) not allowed because account is locked`,
		"its log says that the account is locked or has expired: let the image unlock it with usermod -e '' -p '*' ${user}",
	},
	{
		`User (?P<user>\S+) not allowed because shell (?P<shell>.+) (?P<fault>does not exist|is not executable)`,
		"its log says that the user's login shell ${shell} ${fault}: give the user another shell in the image, such as /bin/sh",
	},
	{
		`User '(?P<user>[^']+)' has invalid shell`,
		"its log says that the user's login shell is not valid: give the user one in the image that exists and is listed in /etc/shells, such as /bin/sh",
	},
	{
		`Invalid user (?P<user>\S+) from|Login attempt for nonexistent user`,
		"its log says that the user does not exist: make the user in the image, or name another as Username in the section [SSH] of fargate.toml or ssh.username of the class",
	},
	{
		`(?i)root login (?:refused|rejected)`,
		"its log says that root may not log in: set PermitRootLogin prohibit-password in the image's sshd_config, or name another user",
	},
	{
		`User (?P<user>\S+) from \S+ not allowed because (?P<rule>.*(?:Users|Groups|group).*)`,
		"its log says that the user may not log in (${rule}): correct AllowUsers, DenyUsers, AllowGroups and DenyGroups in the image's sshd_config",
	},
	{
		`Authentication refused: (?P<fault>bad ownership or modes for .+?)(?: \[preauth\])?$`,
		"its log says ${fault}: give the user's home directory, .ssh and authorized_keys to the user, writable by nobody else",
	},
	{
		`(?P<path>/.*) must be owned by user or root, and not writable by group or others`,
		"its log says that ${path} must be owned by the user or root and writable by nobody else: correct that in the image",
	},
	{
		`Could not open (?:user '(?P<user>[^']+)' )?authorized keys '(?P<path>[^']+)': (?P<fault>.+)`,
		"its log says that it cannot read ${path} (${fault}): let the image write the environment variable SSH_PUBLIC_KEY to this file, readable for the user, before it starts sshd",
	},
	{
		`(?:Connection closed by authenticating user|Failed publickey for|Exit before auth from \S+: \(user) '?(?P<user>[^ ']+)`,
		"its log names no other cause, so the file that it reads has not got the key: let the image write the environment variable SSH_PUBLIC_KEY to the user's authorized_keys, and check AuthorizedKeysFile in sshd_config",
	},
}
