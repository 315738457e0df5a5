package image

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// connectTimeout is for all addresses of a host: each gets its share.
const connectTimeout = 4 * time.Second

// ec2Local are the addresses of a machine's own services in EC2: its metadata and the
// credentials of pods. Source: "Instance metadata service" in the EC2 user guide
// and "EKS Pod Identity" in the EKS user guide.
var ec2Local = netip.MustParsePrefix("fd00:ec2::/32")

// shared are private addresses that netip does not call so: EKS gives them to
// pods. Source: RFC 6598.
var shared = netip.MustParsePrefix("100.64.0.0/10")

// wrapped are the IPv6 addresses that lead to an IPv4 address, by where that
// begins. Source: RFC 6052, RFC 3056, and RFC 4291, section 2.5.5.1.
var wrapped = map[netip.Prefix]int{
	netip.MustParsePrefix("64:ff9b::/96"): 12,
	netip.MustParsePrefix("2002::/16"):    2,
	netip.MustParsePrefix("::/96"):        12,
}

type addressKind int

const (
	// localAddress is one that is meant for this machine alone.
	localAddress addressKind = iota
	// ownAddress is what others know this machine by: what listens there may also
	// think that it is asked by itself.
	ownAddress
	// privateAddress is one that just the registry itself may have.
	privateAddress
)

// addressError refuses an address that is not for the author of a job.
type addressError struct {
	address netip.Addr
	kind    addressKind
}

func (e *addressError) Error() string { return fmt.Sprintf("connections to %s are refused", e.address) }

// dialer connects to no address that only this machine has, and if it is for
// public addresses only, to no private one either. It sees the address after the
// name has been resolved.
func dialer(loopback, publicOnly bool) *net.Dialer {
	return &net.Dialer{
		Timeout: connectTimeout,
		Control: func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil {
				return err
			}
			ip := canonical(to.Addr())
			switch {
			case publicOnly && isPrivate(ip):
				return &addressError{ip, privateAddress}
			case ip.IsLoopback() && loopback:
				return nil
			case isLocal(ip):
				return &addressError{ip, localAddress}
			case isOwn(ip):
				return &addressError{ip, ownAddress}
			default:
				return nil
			}
		},
	}
}

// canonical is the IPv4 address in an IPv6 one, if there is any.
func canonical(ip netip.Addr) netip.Addr {
	ip = ip.WithZone("").Unmap()
	for prefix, at := range wrapped {
		if prefix.Contains(ip) && ip != netip.IPv6Loopback() && ip != netip.IPv6Unspecified() {
			bytes := ip.As16()
			return netip.AddrFrom4([4]byte(bytes[at : at+4]))
		}
	}
	return ip
}

func isLocal(ip netip.Addr) bool {
	return ip.IsLoopback() || ip.IsUnspecified() || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ec2Local.Contains(ip)
}

// isPrivate also has what is local to a machine.
func isPrivate(ip netip.Addr) bool { return isLocal(ip) || ip.IsPrivate() || shared.Contains(ip) }

// isOwn reports whether this machine, or pod, has the address. One that cannot
// be known is not refused.
func isOwn(ip netip.Addr) bool {
	own, err := net.InterfaceAddrs()
	return err == nil && slices.ContainsFunc(own, func(a net.Addr) bool {
		prefix, err := netip.ParsePrefix(a.String())
		return err == nil && prefix.Addr() == ip
	})
}
