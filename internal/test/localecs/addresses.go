package localecs

import (
	"crypto/rand"
	"encoding/binary"
	"net/netip"
	"sync"
)

// addressRange is where tasks get their addresses from.
type addressRange struct {
	private, public uint32
	// bits is how many bits of an address are a task's own.
	bits int
}

var (
	// processRange is 127.64.0.0/11 for private addresses and 127.96.0.0/11 for
	// public ones: separate from each other and from 127.0.0.0/16, which other
	// programs use.
	processRange = addressRange{private: 127<<24 | 64<<16, public: 127<<24 | 96<<16, bits: 21}
	// containerRange is 198.18.0.0/16 and 198.19.0.0/16, which are for tests of
	// networks (RFC 2544).
	containerRange = addressRange{private: 198<<24 | 18<<16, public: 198<<24 | 19<<16, bits: 16}
)

// addresses hands out addresses, each only once. Servers in different processes
// start at different random places, so that their tasks can use the same ports.
type addresses struct {
	from addressRange
	mu   sync.Mutex
	next uint32
}

func newAddresses(from addressRange) *addresses {
	var start [4]byte
	_, _ = rand.Read(start[:]) // never fails
	return &addresses{from: from, next: binary.BigEndian.Uint32(start[:])}
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
	host := a.next & (1<<a.from.bits - 1)
	return address(a.from.private | host), address(a.from.public | host)
}

func address(value uint32) netip.Addr {
	var bytes [4]byte
	binary.BigEndian.PutUint32(bytes[:], value)
	return netip.AddrFrom4(bytes)
}
