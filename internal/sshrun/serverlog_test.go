package sshrun

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

func TestExplain_ServersLines_NameTheCause(t *testing.T) {
	t.Parallel()
	const preauth = "Connection closed by authenticating user ci 10.0.0.7 port 57658 [preauth]"
	for name, test := range map[string]struct{ log, mention string }{
		"key type":            {"userauth_pubkey: signature algorithm ssh-ed25519 not in PubkeyAcceptedAlgorithms [preauth]\n" + preauth, "type ssh-ed25519, as in FIPS mode: set KeyType"},
		"key type before 8.5": {"userauth_pubkey: key type ssh-ed25519 not in PubkeyAcceptedKeyTypes [preauth]\n" + preauth, "type ssh-ed25519, as in FIPS mode: set KeyType"},
		"locked":              {"User ci not allowed because account is locked\nConnection closed by invalid user ci 10.0.0.7 port 57950 [preauth]", "usermod -e '' -p '*' ci"},
		"missing shell":       {"User ci not allowed because shell /bin/missing does not exist", "login shell /bin/missing does not exist"},
		"shell without mode":  {"User ci not allowed because shell /bin/x y is not executable", "login shell /bin/x y is not executable"},
		"no user":             {"Invalid user ci from 10.0.0.7 port 57892", "user does not exist"},
		"root":                {"ROOT LOGIN REFUSED FROM 10.0.0.7 port 57786 [preauth]\n" + preauth, "PermitRootLogin"},
		"not in AllowUsers":   {"User ci from 10.0.0.7 not allowed because not listed in AllowUsers", "(not listed in AllowUsers)"},
		"group":               {"User ci from 10.0.0.7 not allowed because none of user's groups are listed in AllowGroups", "AllowGroups"},
		"modes":               {"Authentication refused: bad ownership or modes for file /home/ci/.ssh/authorized_keys\n" + preauth, "modes for file /home/ci/.ssh/authorized_keys: give"},
		"unreadable":          {"Could not open user 'ci' authorized keys '/root/keys': Permission denied\n" + preauth, "cannot read /root/keys (Permission denied)"},
		"key not there":       {"Server listening on 0.0.0.0 port 22.\n" + preauth, "AuthorizedKeysFile"},
		"Dropbear's shell":    {"[25815] Dec 01 12:31:16 User 'ci' has invalid shell, rejected", "/etc/shells"},
		"Dropbear's user":     {"[25852] Dec 01 12:31:17 Login attempt for nonexistent user", "user does not exist"},
		"Dropbear's root":     {"[25861] Dec 01 12:31:17 root login rejected", "root may not log in"},
		"Dropbear's modes":    {"[25824] Dec 01 12:31:16 /home/ci/.ssh must be owned by user or root, and not writable by group or others", "/home/ci/.ssh must be owned"},
		"Dropbear's key":      {"[25833] Dec 01 12:31:17 Exit before auth from <10.0.0.7:55928>: (user 'ci', 0 fails): Exited normally", "AuthorizedKeysFile"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused := &AuthenticationError{User: "ci", Err: errors.New("unable to authenticate")}
			if !refused.Explain(strings.Split(test.log, "\n")) || !strings.Contains(refused.Error(), test.mention) {
				t.Errorf("got %v, want %q in it", refused, test.mention)
			}
		})
	}
}

func TestExplain_LinesThatSayNothingOfTheUser_LeaveTheAdvice(t *testing.T) {
	t.Parallel()
	refused := &AuthenticationError{User: "ci", Offered: true, HostKeyType: "ssh-ed25519", KeyType: "ssh-ed25519", Err: errors.New("refused")}
	before := refused.Error()
	if refused.Explain([]string{"", "Server listening on :: port 22.", "Invalid user admin from 10.9.9.9 port 1", "User root not allowed because account is locked"}) {
		t.Errorf("explained as %q", refused.Cause)
	}
	if refused.Error() != before {
		t.Errorf("the message has changed to %s", refused)
	}
}

// The words of the server that is installed here.
func TestExplain_OpenSSH_SaysItInTheseWords(t *testing.T) {
	for name, test := range map[string]struct {
		config, mention string
		breakIt         func(*testing.T, *sshdtest.Server)
	}{
		"key type":   {config: "PubkeyAcceptedAlgorithms -ssh-ed25519", mention: "FIPS"},
		"AllowUsers": {config: "AllowUsers nobody-else", mention: "AllowUsers"},
		"modes": {config: "StrictModes yes", mention: "bad ownership or modes", breakIt: func(t *testing.T, s *sshdtest.Server) {
			t.Helper()
			if err := os.Chmod(s.AuthorizedKeys, 0o666); err != nil {
				t.Fatal(err)
			}
		}},
		"no key": {mention: "has not got the key", breakIt: func(t *testing.T, s *sshdtest.Server) {
			t.Helper()
			if err := os.Remove(s.AuthorizedKeys); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := sshdtest.Start(t, test.config)
			if test.breakIt != nil {
				test.breakIt(t, server)
			}
			_, err := dialServer(t.Context(), t, sshdTarget(server), defaultTiming)
			var refused *AuthenticationError
			if !errors.As(err, &refused) {
				t.Fatalf("got %v, want *AuthenticationError", err)
			}
			eventually.Shows(t, "the server's log explains it", func() (bool, string) {
				return refused.Explain(strings.Split(server.Log(), "\n")), server.Log()
			})
			wantMessage(t, refused, test.mention)
		})
	}
}
