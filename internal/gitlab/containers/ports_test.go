package containers

import (
	"strings"
	"testing"
)

func TestCheckPorts_OnePortOfTwo_IsRefusedIfCertain(t *testing.T) {
	t.Parallel()
	const gateway = 2222
	onPort := func(name string, port int) Service {
		return Service{Image: Image{Name: name}, HealthPort: port, declared: port != 0}
	}
	ofJob := func(name string) Service { return Service{Image: Image{Name: name}, HealthPort: 80} }
	exposes := func(ports ...uint16) *ImageConfig { return &ImageConfig{TCPPorts: ports} }
	for name, test := range map[string]struct {
		services []Service
		images   []*ImageConfig
		refused  []string // mentions, none if it is allowed
		note     string   // a part, empty if there is none
	}{
		"different ports":                {services: []Service{onPort("a", 1), onPort("b", 2)}},
		"exposed, and named another":     {services: []Service{onPort("postgres:17", 0), onPort("postgres:16", 5433)}, images: []*ImageConfig{exposes(5432), exposes(5432)}},
		"exposed twice by one image":     {services: []Service{onPort("a", 0)}, images: []*ImageConfig{exposes(80, 443, 80)}},
		"named for all services at once": {services: []Service{ofJob("a"), ofJob("b")}},
		"images that are not known":      {services: []Service{onPort("a", 0), onPort("b", 0)}, images: []*ImageConfig{nil}},
		"both exposed": {
			services: []Service{onPort("redis:7", 0), onPort("redis:6", 0)}, images: []*ImageConfig{exposes(6379), exposes(6379)},
			note: "service redis:7 and service redis:6 may both need port 6379",
		},
		"named and exposed":     {services: []Service{onPort("a", 80), onPort("b", 0)}, images: []*ImageConfig{nil, exposes(80, 81)}, note: "service a and service b may both need port 80"},
		"exposed and named":     {services: []Service{onPort("a", 0), onPort("b", 80)}, images: []*ImageConfig{exposes(80)}, note: "service a and service b may both need port 80"},
		"the gateway's exposed": {services: []Service{onPort("sshd", 0)}, images: []*ImageConfig{exposes(gateway)}, note: "the task's SSH server and service sshd may both need port 2222"},
		"the gateway's named":   {services: []Service{onPort("sshd", gateway)}, refused: []string{"service sshd listens on port 2222, and so does the task's SSH server"}},
		"both named": {
			services: []Service{onPort("a", 80), onPort("b", 80)},
			refused:  []string{"service b listens on port 80, and so does service a", "name that port in its variables as HEALTHCHECK_TCP_PORT"},
		},
		"both named, and one exposed between": {
			services: []Service{onPort("a", 80), onPort("b", 0), onPort("c", 80)}, images: []*ImageConfig{nil, exposes(80), nil},
			refused: []string{"service c listens on port 80, and so does service a"}, note: "service a and service b",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			notes, err := Containers{Services: test.services}.CheckPorts(gateway, test.images)
			if test.refused != nil {
				wantRefusal(t, err, test.refused...)
			} else if err != nil {
				t.Error(err)
			}
			if test.note == "" && notes != nil || test.note != "" && (len(notes) != 1 || !strings.Contains(notes[0], test.note)) {
				t.Errorf("notes %q, want %q", notes, test.note)
			}
		})
	}
}
