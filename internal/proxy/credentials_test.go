package proxy

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

func TestWithoutCredentials_InvalidURL_KeepsThem(t *testing.T) {
	for address, want := range map[string]string{
		"http://user:s3cret@pro%zz":     `parse "http://pro%zz": invalid URL escape "%zz"`,
		"http://user:s3cr%zzet@proxy":   `parse "http://proxy": the user name or the password has characters that must be percent-encoded`,
		"http://user:s3/cret@proxy":     `parse "http://proxy": the user name or the password has characters that must be percent-encoded`,
		`http://user:s3"cr/et@proxy`:    `parse "http://proxy": the user name or the password has characters that must be percent-encoded`,
		"http://user:s3cr@et@proxy:80a": `parse "http://proxy:80a": invalid port ":80a" after host`,
	} {
		_, err := url.Parse(address)
		if err == nil || !strings.Contains(err.Error(), "s3") {
			t.Fatalf("the premise is gone: %v", err)
		}
		clean := WithoutCredentials(fmt.Errorf("reading proxy-url: %w", err), address)
		var wrapped *url.Error
		if clean.Error() != "reading proxy-url: "+want || !errors.As(clean, &wrapped) {
			t.Errorf("got %v, want %s", clean, want)
		}
	}
}

func TestWithoutCredentials_ThereAreNone_ErrorStays(t *testing.T) {
	err := errors.New(`parse "http://pro%zz"`)
	if same := WithoutCredentials(err, "http://pro%zz"); !errors.Is(same, err) || same.Error() != err.Error() {
		t.Errorf("an address without credentials makes %v", same)
	}
	if WithoutCredentials(nil, "http://user:s3cret@proxy") != nil || WithoutCredentialsOf(nil, nil) != nil {
		t.Error("nil has become an error")
	}
}

func TestWithoutCredentialsOf_EveryURLOfTheKubeconfig_KeepsThem(t *testing.T) {
	kubeconfig := &clientcmdapi.Config{Clusters: map[string]*clientcmdapi.Cluster{
		"a": {Server: "https://one:s3cret@a"},
		"b": {Server: "https://b", ProxyURL: "two:s3cret@proxy"},
	}}
	err := WithoutCredentialsOf(errors.New("https://one:s3cret@a through two:s3cret@proxy"), kubeconfig)
	if want := "https://a through proxy"; err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAddress_HasNoCredentials(t *testing.T) {
	for address, want := range map[string]string{
		"https://user:s3cret@10.0.0.1:6443/a@b": "https://10.0.0.1:6443/a@b",
		"https://10.0.0.1/a@b":                  "https://10.0.0.1/a@b",
		"https://10.0.0.1?a@b":                  "https://10.0.0.1?a@b",
		"10.0.0.1":                              "10.0.0.1",
		"https://user:s3/cret@%zz":              "https://%zz",
	} {
		if got := Address(address); got != want {
			t.Errorf("%s becomes %s, want %s", address, got, want)
		}
	}
}
