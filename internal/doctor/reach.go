package doctor

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

// reach is how far a subnet's routes lead.
type reach struct {
	// v4 and v6 are the targets of the routes to the internet. They are empty
	// unless all of it is reached.
	v4, v6 []string
	// usable are all routes that lead out of the VPC, and lost those whose target
	// is gone.
	usable, lost []inspect.Route
}

// space is a part of the internet's addresses. Between its excluded ranges and
// beyond its own there is nothing that a task needs a route to.
type space struct {
	all      netip.Prefix
	excluded []netip.Prefix
}

// The addresses that hosts in the internet have. Sources: the IANA registries
// "IPv4 Special-Purpose Address Space" and "IPv6 Global Unicast".
var (
	internet4 = space{netip.MustParsePrefix("0.0.0.0/0"), []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"),
		netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("172.16.0.0/12"),
		netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("198.18.0.0/15"),
		netip.MustParsePrefix("224.0.0.0/3"),
	}}
	internet6 = space{all: netip.MustParsePrefix("2000::/3")}
)

// The largest ranges of a VPC. Source: "VPC CIDR blocks" in the VPC user guide.
const largestVPC4, largestVPC6 = 16, 44

// reachOf judges routes for tasks with or without a public IPv4 address.
func reachOf(routes []inspect.Route, public bool) reach {
	var r reach
	for _, route := range routes {
		switch {
		case route.Blackhole:
			r.lost = append(r.lost, route)
		case leadsOut(route, public) && !within(route, routes):
			r.usable = append(r.usable, route)
		}
	}
	r.v4, r.v6 = targets(routes, internet4, public), targets(routes, internet6, public)
	return r
}

// leadsOut reports whether packets of tasks leave the VPC by a route. An internet
// gateway drops those from IPv4 addresses that are not public. A prefix list
// behind an endpoint is one AWS service, which checkEndpoints looks at.
func leadsOut(route inspect.Route, public bool) bool {
	switch {
	case route.Blackhole, route.Target == inspect.Local:
		return false
	case route.PrefixList != "":
		return !strings.HasPrefix(route.Target, "vpce-")
	case strings.HasPrefix(route.Target, "igw-"):
		return public || route.To.Addr().Is6()
	}
	return true
}

// within reports whether a route leads to a part of the VPC, such as to a subnet
// by way of an appliance.
func within(route inspect.Route, routes []inspect.Route) bool {
	return route.To.IsValid() && slices.ContainsFunc(routes, func(other inspect.Route) bool {
		return other.Target == inspect.Local && other.To.Bits() <= route.To.Bits() && other.To.Contains(route.To.Addr())
	})
}

// leadsToInternet reports whether nothing stops packets on the way that a route
// shows. A peering connection leads to one VPC and no further. Source: "How VPC
// peering connections work" in the VPC peering guide.
func leadsToInternet(route inspect.Route, public bool) bool {
	largest := largestVPC4
	if route.To.Addr().Is6() {
		largest = largestVPC6
	}
	beyond := strings.HasPrefix(route.Target, "pcx-") && route.To.Bits() < largest
	return leadsOut(route, public) && !beyond
}

// targets are those of the routes to a space, sorted, or none unless the routes
// lead to all of it.
func targets(routes []inspect.Route, internet space, public bool) []string {
	var found []string
	for _, address := range internet.samples(routes) {
		route, ok := match(routes, address)
		switch {
		case ok && route.Target == inspect.Local:
		case ok && leadsToInternet(route, public):
			found = append(found, route.Target)
		default:
			return nil
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// samples are addresses of the space, one at least for each part of it that one
// route serves: where another route begins or has just ended.
func (s space) samples(routes []inspect.Route) []netip.Addr {
	ranges := slices.Concat([]netip.Prefix{s.all}, s.excluded)
	for _, route := range routes {
		if route.To.IsValid() {
			ranges = append(ranges, route.To.Masked())
		}
	}
	var samples []netip.Addr
	for _, r := range ranges {
		for _, address := range []netip.Addr{r.Addr(), lastOf(r).Next()} {
			if s.has(address) {
				samples = append(samples, address)
			}
		}
	}
	return samples
}

func (s space) has(address netip.Addr) bool {
	return s.all.Contains(address) && !slices.ContainsFunc(s.excluded, func(p netip.Prefix) bool { return p.Contains(address) })
}

// lastOf is the last address of a range.
func lastOf(p netip.Prefix) netip.Addr {
	last := p.Addr().AsSlice()
	for bit := p.Bits(); bit < len(last)*8; bit++ {
		last[bit/8] |= 1 << (7 - bit%8)
	}
	address, _ := netip.AddrFromSlice(last)
	return address
}

// match is the route that a packet to an address takes: the most specific one.
func match(routes []inspect.Route, address netip.Addr) (best inspect.Route, ok bool) {
	for _, route := range routes {
		if route.To.Contains(address) && (!ok || route.To.Bits() > best.To.Bits()) {
			best, ok = route, true
		}
	}
	return best, ok
}

// targetsOf are the targets of routes, each once.
func targetsOf(routes []inspect.Route) []string {
	var targets []string
	for _, route := range routes {
		targets = append(targets, route.Target)
	}
	slices.Sort(targets)
	return slices.Compact(targets)
}

// described are routes for people to read: "10.0.0.0/8 by tgw-1".
func described(routes []inspect.Route) string {
	texts := make([]string, len(routes))
	for i, route := range routes {
		to := route.PrefixList
		if to == "" {
			to = route.To.String()
		}
		texts[i] = fmt.Sprintf("%s by %s", to, route.Target)
	}
	return text.List(texts)
}
