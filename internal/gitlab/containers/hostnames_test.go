package containers

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const digest = "@sha256:123456789012345678901234567890123456789012345678901234567890abcd"

func TestHostNames_OfAnImage_AreGitLabRunners(t *testing.T) {
	t.Parallel()
	for image, want := range map[string][]string{
		"postgres":                               {"postgres"},
		"postgres:17":                            {"postgres"},
		"postgres" + digest:                      {"postgres"},
		"postgres:17" + digest:                   {"postgres"},
		"library/postgres:17":                    {"library__postgres", "library-postgres"},
		"group/postgres:17":                      {"group__postgres", "group-postgres"},
		"my_db:1":                                {"my_db"},
		"registry.example.com/group/postgres:17": {"registry.example.com__group__postgres", "registry.example.com-group-postgres"},
		"registry.example.com:5000/postgres":     {"registry.example.com__postgres", "registry.example.com-postgres"},
		"registry.example.com:5000/group/postgres:17" + digest: {"registry.example.com__group__postgres", "registry.example.com-group-postgres"},
		"registry:5000": {"registry"},
		// These are dropped.
		"Registry.example.com/postgres":  nil,
		"[::1]:5000/postgres":            nil,
		"registry.example.com/-postgres": {"registry.example.com__-postgres", "registry.example.com--postgres"},
		"a//b/":                          nil,
		strings.Repeat("a", 64):          nil,
		strings.Repeat("a.", 127):        nil,
		"registry.example.com/" + strings.Repeat("a/", 120) + "a": nil,
	} {
		got := Containers{Services: []Service{{Image: Image{Name: image}}}}.HostNames()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", image, diff)
		}
	}
}

func TestHostNames_OfSeveralServices_AreListedOnce(t *testing.T) {
	t.Parallel()
	containers := mustRead(t, `{"services": [{"name": "postgres:17", "alias": "db"}, {"name": "postgres:16", "alias": "old,db"}, {"name": "$X/redis", "alias": "$X"}]}`,
		"CUSTOM_ENV_X=cache")
	want := []string{"postgres", "db", "old", "cache__redis", "cache-redis", "cache"}
	if diff := cmp.Diff(want, containers.HostNames()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestContainerName_HasNothingThatAJobSays(t *testing.T) {
	t.Parallel()
	if got := ContainerName(0) + " " + ContainerName(1); got != "svc-0 svc-1" {
		t.Errorf("got %s", got)
	}
}

func FuzzHostNames_AreValid(f *testing.F) {
	f.Add("registry.example.com:5000/group/postgres:17"+digest, "db,database")
	f.Add("a//b/", "My_DB -")
	f.Add("é:1", "\xff")
	f.Fuzz(func(t *testing.T, image, alias string) {
		containers := Containers{Services: []Service{{Image: Image{Name: image}, Aliases: []string{alias}}, {Image: Image{Name: image}}}}
		for _, name := range containers.HostNames() {
			if name != alias && strings.ContainsAny(name, " \t\n\r#/:@") {
				t.Errorf("host name %q", name)
			}
		}
		if s := suggestion(alias); !isHostName(s, "") {
			t.Errorf("suggestion %q for %q is not valid either", s, alias)
		}
	})
}

func FuzzRead_NeverPanicsAndRefusesWhatCannotBeANameOrAPort(f *testing.F) {
	f.Add(fullJob, "ruby:3.3")
	f.Add(`{"image":{"name":"$X"},"services":[{"name":"$X","alias":"$X,$X","variables":[{"key":"HEALTHCHECK_TCP_PORT","value":"$X"}]}]}`, "80")
	f.Fuzz(func(t *testing.T, job, value string) {
		value = strings.ReplaceAll(value, "\x00", "")
		containers, err := read(t, job, "CUSTOM_ENV_X="+value, "CUSTOM_ENV_CI_JOB_IMAGE="+value)
		if err != nil {
			return
		}
		if name := containers.Image.Name; strings.ContainsAny(name, " \n\x1b\x00") || len(name) > maxImageName {
			t.Errorf("accepted image %q", name)
		}
		for i := range containers.Services {
			service := &containers.Services[i]
			if service.Name == "" || service.HealthPort < 0 || service.HealthPort > 65535 {
				t.Errorf("accepted %+v", service)
			}
			for _, alias := range service.Aliases {
				if !isHostName(alias, "") {
					t.Errorf("accepted alias %q", alias)
				}
			}
		}
	})
}
