package ecs

import "testing"

func TestMapsTCP(t *testing.T) {
	container := Container{TCPPorts: []PortRange{{22, 22}, {2200, 2299}}}
	for port, want := range map[int32]bool{21: false, 22: true, 23: false, 2199: false, 2200: true, 2299: true, 2300: false} {
		if got := container.MapsTCP(port); got != want {
			t.Errorf("port %d: %t, want %t", port, got, want)
		}
	}
}
