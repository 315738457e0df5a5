package oci

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// ErrAddressInUse says that another task on this machine has the address.
var ErrAddressInUse = errors.New("another task has the address")

// Gateway is this machine's address in every sandbox's network. It must not be
// one of a sandbox's. It lies in the range for tests of networks, RFC 2544, which
// nobody routes.
var Gateway = netip.AddrFrom4([4]byte{198, 18, 255, 255})

// interfaceName is the name of this machine's end of the sandbox's network. It
// says whose it is, so that two processes cannot use one address.
func (s *Sandbox) interfaceName() string {
	a := s.spec.Addresses[0].As4()
	return fmt.Sprintf("lecs%02x%02x%02x%02x", a[0], a[1], a[2], a[3])
}

// connect makes a pair of network interfaces and routes the addresses over it.
// The kernel removes the pair with the namespace.
//
// The program ip does in two calls what would be a hundred lines with a netlink
// library.
func (s *Sandbox) connect(ctx context.Context) error {
	name := s.interfaceName()
	if err := run(ctx, "", "ip", "link", "add", name, "type", "veth",
		"peer", "name", "eth0", "address", s.spec.MAC, "netns", s.holderID()); err != nil {
		if strings.Contains(err.Error(), "File exists") {
			return ErrAddressInUse
		}
		return err
	}
	s.connected = true
	var here, there strings.Builder
	fmt.Fprintf(&there, "link set lo up\nlink set eth0 up\n")
	for _, address := range s.spec.Addresses {
		fmt.Fprintf(&here, "addr add %s peer %s dev %s\n", Gateway, address, name)
		fmt.Fprintf(&there, "addr add %s/32 dev eth0\n", address)
	}
	fmt.Fprintf(&here, "link set %s up\n", name)
	fmt.Fprintf(&there, "route add %s dev eth0 scope link src %s\n", Gateway, s.spec.Addresses[0])
	fmt.Fprintf(&there, "route add default via %s\n", Gateway)
	if err := run(ctx, there.String(), "nsenter", "--net="+s.namespace("net"), "ip", "-batch", "-"); err != nil {
		return err
	}
	return run(ctx, here.String(), "ip", "-batch", "-")
}

// disconnect removes the pair at once; the kernel takes a moment for it.
func (s *Sandbox) disconnect() {
	if !s.connected {
		return
	}
	// Fails if the holder is gone and the pair with it.
	_ = run(context.Background(), "", "ip", "link", "del", s.interfaceName())
}
