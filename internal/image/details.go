package image

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Platform is an operating system and an architecture, as images name them.
type Platform string

// The platforms that Fargate runs Linux containers on.
const (
	LinuxAMD64 Platform = "linux/amd64"
	LinuxARM64 Platform = "linux/arm64"
)

// Details are what a registry says about an image for one platform. Callers
// share them and must not change them. The text in them is the image's: it may
// hold anything, but all of it is bounded by maxDetails.
type Details struct {
	// Pinned is the name to pull: the repository, after the rewrite rules, and
	// Digest.
	Pinned string
	// Digest is that of the manifest of the platform, also if the name is that
	// of an index.
	Digest string
	// Platform is the one that was asked for.
	Platform Platform
	// User is the image's USER: empty, or a name or id, perhaps with a group.
	User string
	// WorkingDirectory is the image's WORKDIR. Empty means /.
	WorkingDirectory string
	// EntryPoint and Command are the image's ENTRYPOINT and CMD.
	EntryPoint, Command []string
	// Environment are the names of the variables that the image sets, sorted.
	// Their values are in every container of the image: nobody has to pass them
	// on.
	Environment []string
	// Path is the value of PATH, in which a relative entry point is looked up.
	// Empty if the image sets none.
	Path string
	// TCPPorts are the image's EXPOSE over tcp, ascending.
	TCPPorts []uint16
	// Size is what a pull transfers: the compressed layers and the
	// configuration, in bytes.
	Size int64
}

// maxDetails is how much memory the lists and the text in Details may take, in
// bytes. Known images take a tenth of that, and maxAnswers are remembered.
const maxDetails = 32 << 10

// Of a string and a port in a list, in bytes.
const (
	stringSize = 16
	portSize   = 2
)

func newDetails(manifest *v1.Manifest, config *v1.Config) *Details {
	d := &Details{
		User:             config.User,
		WorkingDirectory: config.WorkingDir,
		EntryPoint:       config.Entrypoint,
		Command:          config.Cmd,
		TCPPorts:         tcpPorts(config.ExposedPorts),
		Size:             plausible(manifest.Config.Size),
	}
	for i := range manifest.Layers {
		d.Size += plausible(manifest.Layers[i].Size)
	}
	for _, variable := range config.Env {
		name, value, _ := strings.Cut(variable, "=")
		d.Environment = append(d.Environment, strings.Clone(name)) // without keeping the value in memory
		if name == "PATH" {
			d.Path = value
		}
	}
	slices.Sort(d.Environment)
	d.Environment = slices.Clone(slices.Compact(d.Environment)) // without room for what was repeated
	return d
}

// maxBlob is the largest size of a layer that is believed, in bytes: no sum of
// them overflows.
const maxBlob = 1 << 44

func plausible(size int64) int64 { return min(max(size, 0), maxBlob) }

func tcpPorts(exposed map[string]struct{}) []uint16 {
	ports := map[uint16]bool{}
	for port := range exposed {
		number, protocol, _ := strings.Cut(port, "/")
		n, err := strconv.ParseUint(number, 10, 16)
		if err == nil && n > 0 && (protocol == "" || strings.EqualFold(protocol, "tcp")) {
			ports[uint16(n)] = true
		}
	}
	return slices.Sorted(maps.Keys(ports))
}

// size is how much memory the lists and the text take, in bytes.
func (d *Details) size() int {
	sum := len(d.User) + len(d.WorkingDirectory) + len(d.Path) + portSize*len(d.TCPPorts)
	for _, list := range [][]string{d.EntryPoint, d.Command, d.Environment} {
		for _, s := range list {
			sum += len(s) + stringSize
		}
	}
	return sum
}
