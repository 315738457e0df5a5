package image

import (
	"context"
	"encoding/base64"
	"regexp"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
)

// Credentials are what a class has for registries. A nil Credentials asks
// without any.
type Credentials interface {
	// Identity tells, without a secret, as whom an image is asked for. Equal
	// identities share answers. Empty means nobody.
	Identity(n Name) string
	// Login returns the user name and the password for an image's registry. The
	// zero Login is nobody's. An *Error is passed on; any other error means that
	// the registry cannot be asked now, and is for the administrator's log.
	Login(ctx context.Context, n Name) (Login, error)
}

// Login is a user name and a password for a registry, which no way of printing
// it shows. The zero value is nobody's.
type Login struct {
	// held keeps the password away from fmt, which prints unexported fields and
	// not what a function returns.
	held func() (username, password string)
	// forLooks is true if tasks pull with another.
	forLooks bool
}

// NewLogin returns a Login.
func NewLogin(username, password string) Login {
	return Login{held: func() (string, string) { return username, password }}
}

// ForLooks is the same login, but of an identity that tasks do not pull with: what
// is denied to it says nothing about them.
func (l Login) ForLooks() Login {
	l.forLooks = true
	return l
}

// String says whether it is somebody's.
func (l Login) String() string {
	if l.isNobody() {
		return "nobody"
	}
	return "[redacted]"
}

func (l Login) isNobody() bool { return l.held == nil }

// Reveal returns the user name and the password, which are empty for nobody.
func (l Login) Reveal() (username, password string) {
	if l.isNobody() {
		return "", ""
	}
	return l.held()
}

func (l Login) authenticator() authn.Authenticator {
	if l.isNobody() {
		return authn.Anonymous
	}
	username, password := l.Reveal()
	return &authn.Basic{Username: username, Password: password}
}

// minScrubbed is how short a password may be to be looked for in text: a
// shorter one is part of common words.
const minScrubbed = 4

// authorization is what a request was sent with.
var authorization = regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{16,}`)

// scrub removes the password and what it was exchanged for from a registry's words,
// should it repeat what it was sent.
func (l Login) scrub(words string) string {
	words = authorization.ReplaceAllString(words, "$1 [redacted]")
	username, password := l.Reveal()
	if len(password) < minScrubbed {
		return words
	}
	encoded := base64.StdEncoding.EncodeToString([]byte(username + ":" + password))
	return strings.NewReplacer(password, "[redacted]", encoded, "[redacted]").Replace(words)
}
