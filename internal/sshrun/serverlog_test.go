package sshrun

import (
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

// closed is the last line of OpenSSH about a connection of the user ci.
const closed = "Connection closed by authenticating user ci 10.0.0.7 port 57658 [preauth]"

// refusedKey is the error of a user ci whose key was refused.
func refusedKey(keyType string) *AuthenticationError {
	return &AuthenticationError{User: "ci", KeyType: keyType, HostKeyType: "ssh-ed25519", Err: errors.New("unable to authenticate")}
}

func TestExplain_ServersLines_NameTheCause(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ log, mention string }{
		"key type":            {"userauth_pubkey: signature algorithm ssh-ed25519 not in PubkeyAcceptedAlgorithms [preauth]\n" + closed, "to ECDSA, or RSA, as servers in FIPS mode need"},
		"key type before 8.5": {"userauth_pubkey: key type ssh-ed25519 not in PubkeyAcceptedKeyTypes [preauth]\n" + closed, "no keys of this type"},
		"locked":              {"User ci not allowed because account is locked\nConnection closed by invalid user ci 10.0.0.7 port 57950 [preauth]", "usermod -p '*' ci"},
		"expired":             {"Account ci has expired\nUser ci not allowed because account is locked\n" + closed, "usermod -e '' ci"},
		"expired password":    {"User ci password has expired (password aged)", "password has expired"},
		"PAM":                 {"fatal: Access denied for user ci by PAM account configuration [preauth]", "UsePAM no"},
		"missing shell":       {"User ci not allowed because shell /bin/missing does not exist", "login shell /bin/missing does not exist"},
		"shell without mode":  {"User ci not allowed because shell /bin/x y is not executable", "login shell /bin/x y is not executable"},
		"no user":             {"Invalid user ci from 10.0.0.7 port 57892", "user does not exist"},
		"not in AllowUsers":   {"User ci from 10.0.0.7 not allowed because not listed in AllowUsers", "(not listed in AllowUsers)"},
		"groups":              {"User ci from 10.0.0.7 not allowed because none of user's groups are listed in AllowGroups", "correct AllowUsers"},
		"no group":            {"User ci from 10.0.0.7 not allowed because not in any group", "give the user a group"},
		"modes":               {"Authentication refused: bad ownership or modes for file /home/ci/.ssh/authorized_keys\n" + closed, "modes for file /home/ci/.ssh/authorized_keys: give"},
		"unreadable":          {"Could not open user 'ci' authorized keys '/root/keys': Permission denied\n" + closed, "cannot read /root/keys (Permission denied)"},
		"Dropbear's shell":    {"[25815] Dec 01 12:31:16 User 'ci' has invalid shell, rejected", "/etc/shells"},
		"Dropbear's user":     {"[25852] Dec 01 12:31:17 Login attempt for nonexistent user\n[25852] Dec 01 12:31:17 Exit before auth from <10.0.0.7:36658>: Exited normally", "user does not exist"},
		"Dropbear's modes":    {"[25824] Dec 01 12:31:16 /home/ci/.ssh must be owned by user or root, and not writable by group or others", "that /home/ci/.ssh must be owned"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused, log := refusedKey(ssh.KeyAlgoED25519), strings.Split("Server listening on :: port 22.\n"+test.log, "\n")
			if line := refused.Explain(log); line < 1 || !strings.Contains(refused.Error(), test.mention) {
				t.Errorf("got line %d and %v, want %q in it", line, refused, test.mention)
			}
		})
	}
	root := &AuthenticationError{User: "root", Err: errors.New("unable to authenticate")}
	for _, line := range []string{"ROOT LOGIN REFUSED FROM 10.0.0.7 port 57786 [preauth]", "[25861] Dec 01 12:31:17 root login rejected"} {
		if root.Cause = ""; root.Explain([]string{line}) != 0 || !strings.Contains(root.Error(), "PermitRootLogin") {
			t.Errorf("%s: got %v", line, root)
		}
	}
}

func TestExplain_OtherLines_AreNoCause(t *testing.T) {
	t.Parallel()
	const type256, type512 = "signature algorithm rsa-sha2-256 not in PubkeyAcceptedAlgorithms", "signature algorithm rsa-sha2-512 not in PubkeyAcceptedAlgorithms"
	for name, test := range map[string]struct{ keyType, log string }{
		"nothing":                          {ssh.KeyAlgoED25519, ""},
		"of other users":                   {ssh.KeyAlgoED25519, "Invalid user admin from 10.9.9.9 port 1\nUser root not allowed because account is locked\nROOT LOGIN REFUSED FROM 10.9.9.9 port 2"},
		"of another type of key":           {ssh.KeyAlgoED25519, "userauth_pubkey: signature algorithm ssh-rsa not in PubkeyAcceptedAlgorithms [preauth]"},
		"of one of a key's two algorithms": {ssh.KeyAlgoRSA, type512 + "\n" + closed},
		"of an earlier connection":         {ssh.KeyAlgoED25519, "Invalid user ci from 10.0.0.7 port 1\nConnection closed by invalid user ci 10.0.0.7 port 1 [preauth]\n" + closed},
		"of another program":               {ssh.KeyAlgoED25519, "see https://x/users/1 must be owned by user or root, and not writable by group or others"},
		"that are not closed":              {ssh.KeyAlgoRSA, type256},
	} {
		refused := refusedKey(test.keyType)
		if line := refused.Explain(strings.Split(test.log, "\n")); line != -1 || refused.Cause != "" {
			t.Errorf("%s: explained by line %d as %q", name, line, refused.Cause)
		}
	}
	refused := refusedKey(ssh.KeyAlgoRSA)
	if line := refused.Explain([]string{type512, type256, closed}); line != 1 || !strings.Contains(refused.Cause, "to Ed25519 or ECDSA") {
		t.Errorf("both algorithms of a key: line %d, %q", line, refused.Cause)
	}
}

func TestExplain_LongLine_GivesAShortCause(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"User ci not allowed because shell /" + strings.Repeat("x", 1<<20) + " does not exist",
		"User ci from " + strings.Repeat("1", 1<<20) + " not allowed because not listed in AllowUsers",
		"Authentication refused: bad ownership or modes for file /" + strings.Repeat("x", 1<<20),
		"Could not open user 'ci' authorized keys '/x': " + strings.Repeat("x", 1<<20),
	} {
		refused := refusedKey(ssh.KeyAlgoED25519)
		if refused.Explain([]string{line}); len(refused.Cause) > 1000 {
			t.Errorf("a cause of %d bytes", len(refused.Cause))
		}
	}
}

func TestEliminate_OnlyIfNothingElseIsKnown_BlamesTheFile(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*AuthenticationError)
		log    string
		want   bool
	}{
		"OpenSSH":                {func(*AuthenticationError) {}, closed, true},
		"Dropbear":               {func(*AuthenticationError) {}, "Exit before auth from <10.0.0.7:55928>: (user 'ci', 0 fails): Exited normally", true},
		"no log":                 {func(*AuthenticationError) {}, "", false},
		"the server has no keys": {func(e *AuthenticationError) { e.NoPublicKeys = true }, closed, false},
		"it worked before":       {func(e *AuthenticationError) { e.Before = true }, closed, false},
		"FIPS mode":              {func(e *AuthenticationError) { e.HostKeyType = ssh.KeyAlgoRSA }, closed, false},
	} {
		refused := refusedKey(ssh.KeyAlgoED25519)
		test.change(refused)
		if refused.Eliminate([]string{test.log}); strings.Contains(refused.Error(), "AuthorizedKeysFile") != test.want {
			t.Errorf("%s: got %v", name, refused)
		}
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
		"modes": {config: "StrictModes yes", mention: "bad ownership or modes for file", breakIt: func(t *testing.T, s *sshdtest.Server) {
			t.Helper()
			if err := os.Chmod(s.AuthorizedKeys, 0o666); err != nil {
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
				return refused.Explain(strings.Split(server.Log(), "\n")) >= 0, server.Log()
			})
			wantMessage(t, refused, test.mention)
		})
	}
}
