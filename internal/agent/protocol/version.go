// Package protocol is what the agents of a task's containers say to each other,
// and how the executor recognizes them.
package protocol

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/fargate-operator/fargate-operator/internal/version"
)

// Version is the number of the protocol between the executor and the gateway, and
// between the gateway and the containers' agents. It grows when one of them would
// misunderstand an older one.
const Version = 1

// product is how the gateway's SSH server introduces itself, after the protocol
// version of SSH.
const product = "SSH-2.0-FargateAgent"

// ServerVersion is the first line of the gateway's SSH server, without its end:
// SSH-2.0-FargateAgent_PROTOCOL_RELEASE.
func ServerVersion() string {
	return fmt.Sprintf("%s_%d_%s", product, Version, softwareVersion(version.Version))
}

// softwareVersion replaces what RFC 4253, section 4.2, does not allow in a version:
// what is not printable, spaces and minus signs.
func softwareVersion(release string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == '-' || r > '~' {
			return '_'
		}
		return r
	}, release)
}

// Agent is what an agent says about itself.
type Agent struct {
	// Protocol is its Version.
	Protocol int
	// Release is its release, with _ for every character that SSH does not allow.
	Release string
}

// ParseServerVersion reads the first line of an SSH server. It is false for every
// server but the agent's.
func ParseServerVersion(line string) (Agent, bool) {
	rest, ours := strings.CutPrefix(line, product+"_")
	number, release, complete := strings.Cut(rest, "_")
	parsed, err := strconv.ParseUint(number, 10, 16)
	if !ours || !complete || err != nil {
		return Agent{}, false
	}
	return Agent{Protocol: int(parsed), Release: release}, true
}

// Check returns an error that says what to do if an agent does not speak this
// program's protocol. Releases may differ.
func (a Agent) Check() error {
	switch {
	case a.Protocol < Version:
		return fmt.Errorf("the task's agent (release %q) speaks protocol %d, which is too old for this program (release %q, protocol %d): update the agent's image to this program's release",
			a.Release, a.Protocol, version.Version, Version)
	case a.Protocol > Version:
		return fmt.Errorf("the task's agent (release %q) speaks protocol %d, which is too new for this program (release %q, protocol %d): update this program to the agent's release",
			a.Release, a.Protocol, version.Version, Version)
	}
	return nil
}
