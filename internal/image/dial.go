package image

import (
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// connectTimeout leaves time for another address of the registry.
const connectTimeout = 4 * time.Second

// ec2Local are the addresses of a machine's own services in EC2: its metadata
// and the credentials of pods. Source: "Instance metadata service" in the EC2
// user guide and "EKS Pod Identity" in the EKS user guide.
var ec2Local = netip.MustParsePrefix("fd00:ec2::/32")

// addressError refuses an address that is not a registry's.
type addressError struct{ address netip.Addr }

func (e *addressError) Error() string {
	return fmt.Sprintf("%s is an address of this machine or its network link, and not a registry's", e.address)
}

// guardedDialer connects to no address that only this machine has: the author
// of a job names the host, and must not reach through us what is meant for us,
// such as the machine's metadata. It sees the address after the name has been
// resolved.
func guardedDialer(loopback bool) *net.Dialer {
	return &net.Dialer{
		Timeout: connectTimeout,
		Control: func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil {
				return err
			}
			ip := to.Addr().WithZone("").Unmap()
			if ip.IsLoopback() && loopback || !isLocal(ip) {
				return nil
			}
			return &addressError{ip}
		},
	}
}

func isLocal(ip netip.Addr) bool {
	return ip.IsLoopback() || ip.IsUnspecified() || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ec2Local.Contains(ip)
}
