package localecs

import (
	"crypto/rand"
	"encoding/binary"
	"net/netip"
	"sync"
)

// Tasks get their private addresses from 127.64.0.0/11 and their public ones
// from 127.96.0.0/11: separate from each other and from 127.0.0.0/16, which other
// programs use.
const (
	privateNet  = uint32(127<<24 | 64<<16)
	publicNet   = uint32(127<<24 | 96<<16)
	addressBits = 21
)

// addresses hands out addresses, each only once. Servers in different processes
// start at different random places, so that their tasks can use the same ports.
type addresses struct {
	mu   sync.Mutex
	next uint32
}

func newAddresses() *addresses {
	var start [4]byte
	_, _ = rand.Read(start[:]) // never fails
	return &addresses{next: binary.BigEndian.Uint32(start[:])}
}

// take returns a task's private address and the public one that goes with it.
func (a *addresses) take() (private, public netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	// The last byte of an address is never 0 or 255.
	a.next++
	for a.next&0xff == 0 || a.next&0xff == 0xff {
		a.next++
	}
	host := a.next & (1<<addressBits - 1)
	return address(privateNet | host), address(publicNet | host)
}

func address(value uint32) netip.Addr {
	var bytes [4]byte
	binary.BigEndian.PutUint32(bytes[:], value)
	return netip.AddrFrom4(bytes)
}
