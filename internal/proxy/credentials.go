package proxy

import (
	"errors"
	"net/url"
	"strconv"
	"strings"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// WithoutCredentials returns the error with the user name and the password of a
// URL, which need not be valid, removed from its text.
func WithoutCredentials(err error, address string) error {
	credentials := credentialsOf(address)
	if err == nil || credentials == "" {
		return err
	}
	said := err.Error()
	var invalid *url.Error
	if errors.As(err, &invalid) && strings.Contains(invalid.URL, credentials) {
		// The parser quotes what is not valid, which may be of the password.
		said = strings.ReplaceAll(said, invalid.Err.Error(), whyInvalid(strings.ReplaceAll(invalid.URL, credentials, "")))
	}
	quoted := strconv.Quote(credentials)
	said = strings.NewReplacer(credentials, "", quoted[1:len(quoted)-1], "").Replace(said)
	if said == err.Error() {
		return err
	}
	return &told{text: said, err: err}
}

// WithoutCredentialsOf is WithoutCredentials for all URLs in a kubeconfig.
func WithoutCredentialsOf(err error, kubeconfig *clientcmdapi.Config) error {
	if kubeconfig == nil {
		return err
	}
	for _, cluster := range kubeconfig.Clusters {
		err = WithoutCredentials(WithoutCredentials(err, cluster.ProxyURL), cluster.Server)
	}
	return err
}

// Address returns a URL, which need not be valid, without the user name and the
// password.
func Address(address string) string {
	return strings.Replace(address, credentialsOf(address), "", 1)
}

// credentialsOf are a URL's user name and password, with the @ after them. Nothing
// tells where those of an invalid URL end: then it is at the last @.
func credentialsOf(address string) string {
	_, rest, ok := strings.Cut(address, "://")
	if !ok {
		rest = address
	}
	if valid, err := url.Parse(address); err == nil && valid.Host != "" {
		rest = strings.FieldsFunc(rest, func(c rune) bool { return strings.ContainsRune("/?#", c) })[0]
	}
	return rest[:strings.LastIndexByte(rest, '@')+1]
}

// whyInvalid says what is wrong with a URL that had credentials.
func whyInvalid(without string) string {
	var invalid *url.Error
	if _, err := url.Parse(without); errors.As(err, &invalid) {
		return invalid.Err.Error()
	}
	return "the user name or the password has characters that must be percent-encoded"
}
