package oci

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync"
)

// programs are what containers need on this machine. All but runc and ip are on
// every Debian.
var programs = []string{"runc", "ip", "unshare", "nsenter", "mount", "tar", "cat", "sh"}

// checkAddress is the address of the sandbox that Check makes: each process has its
// own, out of those that are no task's first.
func checkAddress() netip.Addr {
	pid := os.Getpid()
	return netip.AddrFrom4([4]byte{198, 19, byte(pid >> 8), byte(pid)}) //nolint:gosec // the last bits will do
}

// Check says why this machine cannot run containers: which right or which program
// is missing. It makes a sandbox and has runc start an empty image in it, once per
// process.
var Check = sync.OnceValue(func() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("this machine cannot run containers for user %d: it takes root", os.Geteuid())
	}
	for _, name := range programs {
		if _, err := program(name); err != nil {
			return fmt.Errorf("this machine cannot run containers: the program %s is missing: "+
				"install the Debian packages runc, iproute2 and util-linux", name)
		}
	}
	if err := try(context.Background()); err != nil {
		return fmt.Errorf("this machine cannot run containers: it may lack the rights to mount and to make namespaces "+
			"and network interfaces: %w", err)
	}
	return nil
})

// try goes all the way to the command that an empty image does not have.
func try(ctx context.Context) (err error) {
	r, err := Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	s, err := r.NewSandbox(ctx, SandboxSpec{
		ID: "check", Hostname: "check", MAC: "0a:00:00:00:00:01", Addresses: []netip.Addr{checkAddress()},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }() //nolint:contextcheck // Closing has a time limit of its own.
	_, err = s.Start(ctx, ContainerSpec{Name: "check", Image: &Image{lower: []string{emptyLayer}}, EntryPoint: []string{"none"}})
	if err != nil && !strings.Contains(err.Error(), "executable file not found") {
		return err
	}
	return nil
}
