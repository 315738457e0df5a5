package image

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/name"
)

// Name is the full name of an image, as Docker completes what people write:
// "node" is the tag latest of library/node on Docker Hub. Make one with Parse.
type Name struct {
	written     string
	host, path  string
	tag, digest string // one of them; a digest says more than a tag
	rewritten   bool
}

// defaultPort is that of HTTPS.
const defaultPort = 443

// officialPath precedes the names of Docker Hub's official images.
const officialPath = "library/"

// hub is the host of Docker Hub in names.
var hub = strings.TrimPrefix(name.DefaultRegistry, "index.")

// hubHosts are all that Docker Hub is called. The last is that of its API.
var hubHosts = []string{hub, name.DefaultRegistry, "registry-1." + hub}

// Parse reads the name of an image as the author of a job wrote it, after its
// variables were expanded. Errors are *Error with the reason InvalidName.
func Parse(written string) (Name, error) {
	if fault := firstFault(written); fault != nil {
		return Name{}, invalid(written, fault.problem, fault.fix)
	}
	named, err := reference.ParseNormalizedNamed(written)
	if err != nil {
		return Name{}, unparsable(written, err)
	}
	host, err := canonicalHost(reference.Domain(named))
	if err != nil {
		return Name{}, unparsable(written, err)
	}
	n := Name{written: written, host: host, path: reference.Path(named)}
	if host == hub && !strings.Contains(n.path, "/") {
		n.path = officialPath + n.path
	}
	switch identified := named.(type) {
	case reference.Digested:
		n.digest = identified.Digest().String()
	case reference.Tagged:
		n.tag = identified.Tag()
	default:
		n.tag = name.DefaultTag
	}
	if _, err := name.ParseReference(n.String()); err != nil {
		return Name{}, unparsable(written, err)
	}
	return n, nil
}

// canonicalHost makes all ways to write a registry the same: a pattern that
// excludes one must exclude the others.
func canonicalHost(domain string) (string, error) {
	host, port, err := net.SplitHostPort(domain)
	if err != nil {
		host, port = domain, strconv.Itoa(defaultPort) // It has none.
	}
	number, err := strconv.ParseUint(port, 10, 16)
	switch {
	case err != nil || number == 0:
		return "", fmt.Errorf("%s is not a port", port)
	case strings.Contains(host, ":"):
		return "", errors.New("the registry's host is an IPv6 address")
	case number != defaultPort:
		return net.JoinHostPort(host, strconv.FormatUint(number, 10)), nil
	case slices.Contains(hubHosts, host):
		return hub, nil
	default:
		return host, nil
	}
}

// Host is the registry, with its port if it is not 443.
func (n Name) Host() string { return n.host }

// String returns the full name: host/path:tag or host/path@digest.
func (n Name) String() string { return n.repository() + n.suffix() }

func (n Name) repository() string { return n.host + "/" + n.path }

func (n Name) suffix() string {
	if n.digest != "" {
		return "@" + n.digest
	}
	return ":" + n.tag
}

// spellings are the names that people use for the image. A pattern for one is a
// pattern for all: what a class excludes must not come in under another name.
func (n Name) spellings() []string {
	spellings := []string{n.written}
	for _, repository := range n.repositories() {
		spellings = append(spellings, repository+n.suffix())
		if n.tag == name.DefaultTag {
			spellings = append(spellings, repository)
		}
	}
	return spellings
}

func (n Name) repositories() []string {
	hosts, paths := []string{n.host}, []string{n.path}
	var repositories []string
	if n.host == hub {
		hosts = hubHosts
		if short, official := strings.CutPrefix(n.path, officialPath); official {
			paths = append(paths, short)
		}
		repositories = slices.Clone(paths)
	}
	for _, host := range hosts {
		for _, path := range paths {
			repositories = append(repositories, host+"/"+path)
			if !strings.Contains(host, ":") {
				repositories = append(repositories, fmt.Sprintf("%s:%d/%s", host, defaultPort, path))
			}
		}
	}
	return repositories
}

func invalid(written, problem, fix string) *Error {
	return &Error{Reason: InvalidName, Image: shown(written), Problem: problem, Fix: fix}
}

func unparsable(written string, err error) *Error {
	problem := "the name is not valid"
	if !errors.Is(err, reference.ErrReferenceInvalidFormat) {
		problem += ": " + words(err.Error())
	}
	return invalid(written, problem, "write it as registry.example.com/group/name:tag or with @sha256: and 64 hexadecimal digits")
}
