package sshrun

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
)

// Explain fills in e.Cause from the log of the task's SSH server, its oldest line
// first, and returns the number of the line that says why it refused the key, or -1
// if none does. It knows the words of OpenSSH and Dropbear. The lines are what a
// container claims: its programs may print such lines too.
func (e *AuthenticationError) Explain(log []string) int {
	begin := e.lastConnection(log)
	if last := e.refusedType(log[begin:]); last >= 0 {
		e.Cause = fmt.Sprintf("its log says that it accepts no keys of this type: set KeyType in the section [SSH] of fargate.toml, or ssh.keyType in the class, to %s",
			otherTypes[e.KeyType])
		return begin + last
	}
	for _, known := range refusals {
		pattern := regexp.MustCompile(known.line)
		for i, line := range slices.Backward(log[begin:]) {
			found := pattern.FindStringSubmatchIndex(line)
			if found == nil || !e.isAbout(pattern, line, found) {
				continue
			}
			e.Cause = "its log says " + string(pattern.ExpandString(nil, known.cause, line, found))
			return begin + i
		}
	}
	return -1
}

// Eliminate fills in e.Cause if what is left is that the server's file does not
// contain the key: if neither what SSH shows nor the log names another cause, which
// OpenSSH always logs, and the log has the refusal itself.
func (e *AuthenticationError) Eliminate(log []string) {
	if e.specificAdvice() == "" && slices.ContainsFunc(log, e.isClosing) {
		e.Cause = "its log names no cause, so most likely the file that it reads does not contain the key: let the image write the environment variable " +
			"SSH_PUBLIC_KEY to the user's authorized_keys before it starts sshd, and check AuthorizedKeysFile in sshd_config"
	}
}

// lastConnection returns the number of the first line that is about the last
// connection of the user who was refused. Earlier connections may have been refused
// for what is different now: a container installs its keys while it starts.
func (e *AuthenticationError) lastConnection(log []string) int {
	closed := false
	for i, line := range slices.Backward(log) {
		if !e.isClosing(line) {
			continue
		}
		if closed {
			return i + 1
		}
		closed = true
	}
	return 0
}

// closing is the last line about a connection that was refused: of OpenSSH, or of
// Dropbear, which does not name a user who does not exist.
var closing = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:(?:Connection (?:closed|reset) by|Disconnected from) (?:authenticating|invalid) user|` +
		`Exit before auth from \S{1,64}: \(user) '?(?P<user>[^ ']{1,64})|` +
		`Exit before auth from \S{1,64}: Exited`)
})

func (e *AuthenticationError) isClosing(line string) bool {
	found := closing().FindStringSubmatchIndex(line)
	return found != nil && e.isAbout(closing(), line, found)
}

// isAbout is false for a line that names another user than the one who was
// refused: others may try to log in too.
func (e *AuthenticationError) isAbout(pattern *regexp.Regexp, line string, found []int) bool {
	for i, name := range pattern.SubexpNames() {
		if name == "user" && found[2*i] >= 0 {
			return strings.EqualFold(line[found[2*i]:found[2*i+1]], e.User) // One logs ROOT.
		}
	}
	return true
}

// refusedType returns the number of the last line in which the server refuses a
// signature algorithm of the key, once it has refused all of them, otherwise -1.
func (e *AuthenticationError) refusedType(log []string) int {
	pattern := regexp.MustCompile(`(?:signature algorithm|key type) (\S{1,64}) not in PubkeyAccepted`)
	last := map[string]int{}
	for i, line := range log {
		if found := pattern.FindStringSubmatch(line); found != nil {
			last[found[1]] = i
		}
	}
	line := -1
	for _, algorithm := range signatureAlgorithms(e.KeyType) {
		i, refused := last[algorithm]
		if !refused {
			return -1
		}
		line = max(line, i)
	}
	return line
}

// otherTypes are the values of KeyType that are left, by the type of a key.
var otherTypes = map[string]string{
	ssh.KeyAlgoED25519:  "ECDSA, or RSA, as servers in FIPS mode need",
	ssh.KeyAlgoECDSA256: "RSA or Ed25519",
	ssh.KeyAlgoRSA:      "Ed25519 or ECDSA",
}

// refusal is the pattern of a line that an SSH server logs when it refuses a key,
// and what that means, with the fix. The cause may use the groups of the pattern,
// which is compiled only when it is needed: every stage would pay for it.
type refusal struct {
	line, cause string
}

// refusals are in the order in which they count: a server logs some of them
// together. The lines are those of OpenSSH 9.2 and Dropbear 2022.83, and what their
// earlier releases had instead. The groups are short enough for a job log.
var refusals = []refusal{
	{
		`Account (?P<user>\S{1,64}) has expired`,
		"that the account has expired: let the image run usermod -e '' ${user}",
	},
	{
		`User (?P<user>\S{1,64}) password has expired`,
		"that the password has expired: let the image run usermod -p '*' ${user}",
	},
	{
		`User (?P<user>\S{1,64}) not allowed because account is locked`,
		"that the account is locked: let the image run usermod -p '*' ${user}",
	},
	{
		`Access denied for user (?P<user>\S{1,64}) by PAM account configuration`,
		"that PAM denies the account access: correct the image's /etc/pam.d/sshd, or set UsePAM no in sshd_config",
	},
	{
		`User (?P<user>\S{1,64}) not allowed because shell (?P<shell>.{1,200}) (?P<fault>does not exist|is not executable)`,
		"that the login shell ${shell} ${fault}: let the image run usermod -s /bin/sh ${user}",
	},
	{
		`User '(?P<user>[^']{1,64})' has invalid shell`,
		"that the login shell does not exist or is not in /etc/shells: let the image run usermod -s /bin/sh ${user}",
	},
	{
		`Invalid user (?P<user>\S{1,64}) from|Login attempt for nonexistent user`,
		"that the user does not exist: add the user to the image, or name another as Username in the section [SSH] of fargate.toml or ssh.username of the class",
	},
	{
		`(?i:(?P<user>root) login (?:refused|rejected))`,
		"that root may not log in: set PermitRootLogin prohibit-password in the image's sshd_config, or name another user",
	},
	{
		`User (?P<user>\S{1,64}) from \S{1,64} not allowed because (?P<rule>not in any group)`,
		"that the user is ${rule}: let the image give the user a group that exists",
	},
	{
		`User (?P<user>\S{1,64}) from \S{1,64} not allowed because (?P<rule>.{0,100}(?:AllowUsers|DenyUsers|AllowGroups|DenyGroups))`,
		"that the user may not log in (${rule}): correct AllowUsers, DenyUsers, AllowGroups and DenyGroups in the image's sshd_config",
	},
	{
		`Authentication refused: (?P<fault>bad ownership or modes for (?:file|directory) \S{1,200})`,
		"${fault}: give the user's home directory, .ssh and authorized_keys to the user, writable by nobody else",
	},
	{
		`(?:^|\s)(?P<path>/\S{1,200}) must be owned by user or root, and not writable by group or others`,
		"that ${path} must be owned by the user or root and writable by nobody else: correct that in the image",
	},
	{
		`Could not open (?:user '(?P<user>[^']{1,64})' )?authorized keys '(?P<path>[^']{1,200})': (?P<fault>.{1,100})`,
		"that it cannot read ${path} (${fault}): let the image write the environment variable SSH_PUBLIC_KEY to this file, readable for the user, before it starts sshd",
	},
}
