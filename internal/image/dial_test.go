package image

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func TestDialer_AddressesOfThisMachineAndItsLink_AreRefused(t *testing.T) {
	t.Parallel()
	private := map[string]bool{"10.0.0.1:443": true, "192.168.1.1:443": true, "100.64.0.1:443": true, "[fd00::1]:443": true, "[64:ff9b::10.0.0.1]:443": true}
	for address, local := range map[string]bool{
		"127.0.0.1:443": true, "127.8.9.1:443": true, "[::1]:443": true, "[::ffff:127.0.0.1]:443": true, "0.0.0.0:443": true, "[::]:443": true,
		"169.254.169.254:443": true, "[::ffff:169.254.170.2]:443": true, "[fe80::1%eth0]:443": true, "[fd00:ec2::254]:443": true, "224.0.0.1:443": true,
		"[64:ff9b::169.254.169.254]:443": true, "[2002:a9fe:a9fe::1]:443": true, "[::169.254.169.254]:443": true, "[64:ff9b::198.51.100.1]:443": false,
		"10.0.0.1:443": false, "192.168.1.1:443": false, "100.64.0.1:443": false, "[fd00::1]:443": false, "[64:ff9b::10.0.0.1]:443": false,
		"198.51.100.1:443": false, "[2001:db8::1]:443": false,
	} {
		if err := dialer(false, false).Control("tcp", address, nil); (err != nil) != local {
			t.Errorf("%s: got %v", address, err)
		}
		if err := dialer(false, true).Control("tcp", address, nil); (err != nil) != (local || private[address]) {
			t.Errorf("%s, of what a registry refers to: got %v", address, err)
		}
	}
}

func TestDialer_OwnAddress_IsRefused(t *testing.T) {
	t.Parallel()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		own := netip.MustParsePrefix(address.String()).Addr()
		var refused *addressError
		if err := dialer(false, false).Control("tcp", netip.AddrPortFrom(own, 443).String(), nil); !errors.As(err, &refused) {
			t.Errorf("%s: got %v", own, err)
		} else if !isLocal(own) && refusedAddress(refused).Reason != RegistryUnavailable {
			t.Errorf("%s: a task may pull from there, and we say %v", own, refusedAddress(refused))
		}
	}
}

// fromPublic is a connection from which an address of the documentation answers.
type fromPublic struct{ net.Conn }

func (fromPublic) RemoteAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(198, 51, 100, 1), Port: 443}
}

// The certificate of httptest is also one for *.example.com.
func TestLook_RegistryRefersToAPrivateAddress_OnlyIfItHasOneItself(t *testing.T) {
	t.Parallel()
	for name, demand := range map[string]fault{
		"realm": func(w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Authorization") != "" {
				return false
			}
			w.Header().Set("WWW-Authenticate", `Bearer realm="https://internal.example.com/token"`)
			w.WriteHeader(http.StatusUnauthorized)
			return true
		},
		"redirection": only("/blobs/", func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "https://internal.example.com"+r.URL.Path, http.StatusTemporaryRedirect)
			return true
		}),
	} {
		for _, public := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, public %t", name, public), func(t *testing.T) {
				t.Parallel()
				g, internal := startRegistry(t), startRegistry(t)
				img := newImage(t, amd64, v1.Config{})
				g.push("app:1", img)
				internal.push("app:1", img)
				g.breakWith(demand)
				internal.breakWith(only("/token", answerWith(http.StatusOK, "application/json", `{"token":"internal"}`)))
				r := g.client()
				r.routes.straight.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
					if address == "internal.example.com:443" {
						return dialer(true, false).DialContext(ctx, network, internal.host())
					}
					connection, err := dialer(true, false).DialContext(ctx, network, g.host())
					if public && err == nil {
						connection = fromPublic{connection}
					}
					return connection, err
				}
				r.routes.public.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
					return dialer(false, true).DialContext(ctx, network, internal.host())
				}
				// A connection of an earlier look is there.
				_, err := r.Look(t.Context(), Query{Image: "internal.example.com/app:1", Platform: LinuxAMD64})
				if err != nil {
					t.Fatal(err)
				}
				internal.asked()
				_, err = r.Look(t.Context(), Query{Image: "registry.example.com/app:1", Platform: LinuxAMD64})
				if public {
					wantFault(t, err, RegistryUnavailable, "refers to a private one")
				} else if err != nil {
					t.Error(err)
				}
				if asked := internal.asked(); (len(asked) == 0) != public {
					t.Errorf("the internal service was asked for %v", asked)
				}
			})
		}
	}
}
