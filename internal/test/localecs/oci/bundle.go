package oci

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// initPath is where Docker puts the init process that it is asked for.
const initPath = "/sbin/docker-init"

// writeBundle writes what runc has to know about a container.
func (s *Sandbox) writeBundle(spec ContainerSpec) error {
	process, err := s.process(spec)
	if err != nil {
		return err
	}
	mounts, err := s.mounts(spec)
	if err != nil {
		return err
	}
	content, err := json.Marshal(specs.Spec{
		Version:  "1.0.2",
		Process:  process,
		Root:     &specs.Root{Path: "rootfs", Readonly: spec.ReadOnlyRoot},
		Hostname: s.spec.Hostname,
		Mounts:   mounts,
		Linux: &specs.Linux{
			Namespaces: []specs.LinuxNamespace{
				{Type: specs.NetworkNamespace, Path: s.namespace("net")},
				{Type: specs.PIDNamespace},
				{Type: specs.IPCNamespace},
				{Type: specs.UTSNamespace},
				{Type: specs.MountNamespace},
			},
			MaskedPaths:   []string{"/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/scsi", "/sys/firmware"},
			ReadonlyPaths: []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"},
		},
	})
	if err != nil {
		return fmt.Errorf("encoding the container's configuration: %w", err)
	}
	return os.WriteFile(s.path("containers", spec.Name, "config.json"), content, 0o600)
}

// kernelMounts are the file systems of the kernel that a container has, as Docker
// mounts them.
var kernelMounts = []specs.Mount{
	{Destination: "/proc", Type: "proc", Source: "proc", Options: []string{"nosuid", "noexec", "nodev"}},
	{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
	{Destination: "/dev/pts", Type: "devpts", Source: "devpts", Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
	{Destination: "/dev/shm", Type: "tmpfs", Source: "shm", Options: []string{"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}},
	{Destination: "/dev/mqueue", Type: "mqueue", Source: "mqueue", Options: []string{"nosuid", "noexec", "nodev"}},
	{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: []string{"nosuid", "noexec", "nodev", "ro"}},
}

// mounts lists what is mounted into a container. The files that all containers
// share are read-only where the root is, as Docker has them.
func (s *Sandbox) mounts(spec ContainerSpec) ([]specs.Mount, error) {
	mounts := append([]specs.Mount{}, kernelMounts...)
	for _, name := range sharedFiles {
		mounts = append(mounts, bind(s.path(name), "/etc/"+name, spec.ReadOnlyRoot))
	}
	for _, mount := range spec.Mounts {
		volume := s.path("volumes", mount.Volume)
		if err := makeReadable(volume); err != nil {
			return nil, fmt.Errorf("making volume %s: %w", mount.Volume, err)
		}
		mounts = append(mounts, bind(volume, mount.Path, mount.ReadOnly))
	}
	if spec.Init {
		tini, err := program("tini-static")
		if err != nil {
			return nil, fmt.Errorf("finding the init process: %w", err)
		}
		mounts = append(mounts, bind(tini, initPath, true))
	}
	return mounts, nil
}

func bind(source, destination string, readOnly bool) specs.Mount {
	access := "rw"
	if readOnly {
		access = "ro"
	}
	return specs.Mount{Destination: destination, Type: "bind", Source: source, Options: []string{"rbind", "rprivate", access}}
}
