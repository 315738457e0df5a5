package oci

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/sys/user"
	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/fargate-operator/fargate-operator/internal/agent/process"
)

// dockerCapabilities are those that a container has by default. Source: the ECS API
// reference, KernelCapabilities, which refers to Docker's.
var dockerCapabilities = []string{
	"CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD",
	"CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT",
}

// process is the container's command as runc wants it.
func (s *Sandbox) process(spec ContainerSpec) (*specs.Process, error) {
	config := spec.Image.Config
	args := commandLine(config, spec.EntryPoint, spec.Command)
	if len(args) == 0 {
		return nil, errors.New("no command specified")
	}
	if spec.Init {
		args = append([]string{initPath, "--"}, args...)
	}
	login, err := s.login(spec)
	if err != nil {
		return nil, err
	}
	umask := uint32(0o022)
	process := &specs.Process{
		Args:         args,
		Cwd:          cmp.Or(spec.WorkingDirectory, config.WorkingDir, "/"),
		Env:          process.Merge(process.Merge([]string{"PATH=" + process.DefaultPath, "HOSTNAME=" + s.spec.Hostname, "HOME=" + login.Home}, config.Env), spec.Env),
		User:         specs.User{UID: uint32(login.Uid), GID: uint32(login.Gid), Umask: &umask}, //nolint:gosec // ids have 32 bits
		Capabilities: &specs.LinuxCapabilities{Bounding: dockerCapabilities},
	}
	for _, group := range login.Sgids {
		process.User.AdditionalGids = append(process.User.AdditionalGids, uint32(group)) //nolint:gosec // ids have 32 bits
	}
	if login.Uid == 0 {
		process.Capabilities.Effective, process.Capabilities.Permitted = dockerCapabilities, dockerCapabilities
	}
	return process, nil
}

// commandLine joins entry point and command as Docker does: an entry point of the
// container's own drops the image's command.
func commandLine(image v1.Config, entryPoint, command []string) []string {
	if len(command) == 0 && len(entryPoint) == 0 {
		command = image.Cmd
	}
	if len(entryPoint) == 0 {
		entryPoint = image.Entrypoint
	}
	return append(append([]string{}, entryPoint...), command...)
}

// login looks up the container's user in its own file system.
func (s *Sandbox) login(spec ContainerSpec) (*user.ExecUser, error) {
	root, err := os.OpenRoot("/proc/" + s.holderID() + "/root" + s.path("containers", spec.Name, "rootfs"))
	if err != nil {
		return nil, fmt.Errorf("opening the container's root: %w", err)
	}
	defer root.Close()
	// An image without these files has no names, only ids.
	passwd, _ := root.ReadFile("etc/passwd")
	group, _ := root.ReadFile("etc/group")
	login, err := user.GetExecUser(cmp.Or(spec.User, spec.Image.Config.User), &user.ExecUser{Home: "/"},
		bytes.NewReader(passwd), bytes.NewReader(group))
	if err != nil {
		return nil, fmt.Errorf("finding the container's user: %w", err)
	}
	return login, nil
}
