package containers

import (
	"fmt"
	"strings"
	"testing"
)

// withServices is a job with that many services.
func withServices(count int) Containers {
	var c Containers
	for i := range count {
		c.Services = append(c.Services, Service{Image: Image{Name: fmt.Sprintf("redis:%d", i)}})
	}
	return c
}

func TestCheck_Allowed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		containers Containers
		rules      Rules
	}{
		"nothing":           {},
		"seven services":    {withServices(7), Rules{}},
		"with sidecars":     {withServices(5), Rules{Sidecars: 2}},
		"platform":          {Containers{Image: Image{Platform: "linux/arm64"}}, Rules{Platform: "linux/arm64"}},
		"arm64 as v8":       {Containers{Image: Image{Platform: "linux/arm64/v8"}}, Rules{Platform: "linux/arm64"}},
		"amd64 as v1":       {Containers{Image: Image{Platform: "linux/amd64/v1"}}, Rules{Platform: "linux/amd64"}},
		"any user":          {Containers{Image: Image{User: "dave:staff"}}, Rules{}},
		"allowed user":      {Containers{Image: Image{User: "1000:1000"}}, Rules{AllowedUsers: []string{"dave", "1000:1000"}}},
		"the image's own":   {Containers{Image: Image{Name: "ruby"}}, Rules{AllowedUsers: []string{"dave"}}},
		"user of a service": {Containers{Services: []Service{{Image: Image{User: "www-data"}}}}, Rules{AllowedUsers: []string{"www-data"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := test.containers.Check(test.rules); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCheck_Refused_SaysWhichAndTheFix(t *testing.T) {
	t.Parallel()
	service := func(s Service) Containers { return Containers{Services: []Service{s}} }
	for name, test := range map[string]struct {
		containers Containers
		rules      Rules
		mentions   []string
	}{
		"an eleventh container": {
			withServices(8),
			Rules{},
			[]string{"the job has 8 services, and its task has room for 7", "at most 10 containers, of which 3 are taken", "remove 1 of"},
		},
		"sidecars":               {withServices(6), Rules{Sidecars: 2}, []string{"room for 5", "of which 5 are taken"}},
		"more sidecars than fit": {withServices(1), Rules{Sidecars: 9}, []string{"room for 0"}},
		"another platform": {
			Containers{Image: Image{Name: "ruby", Platform: "linux/arm64"}},
			Rules{Platform: "linux/amd64"},
			[]string{"image ruby asks for the platform linux/arm64, and the job's class runs linux/amd64", "a class for linux/arm64 with the CI variable FARGATE_TASK_CLASS"},
		},
		"another platform with its variant": {
			Containers{Image: Image{Name: "ruby", Platform: "linux/arm64/v8"}},
			Rules{Platform: "linux/amd64"},
			[]string{"asks for the platform linux/arm64/v8, and the job's class runs linux/amd64", "a class for linux/arm64 with"},
		},
		"a variant that not every machine has": {
			Containers{Image: Image{Name: "ruby", Platform: "linux/amd64/v4"}},
			Rules{Platform: "linux/amd64"},
			[]string{`asks for the platform "linux/amd64/v4", which Fargate does not have`, "write linux/amd64"},
		},
		"a platform that Fargate lacks": {
			service(Service{Image: Image{Name: "redis", Platform: "linux/s390x"}, Aliases: []string{"cache"}}),
			Rules{Platform: "linux/amd64"},
			[]string{`service redis (cache) asks for the platform "linux/s390x", which Fargate does not have`, "write linux/amd64"},
		},
		"a user": {
			Containers{Image: Image{Name: "ruby", User: "root"}},
			Rules{AllowedUsers: []string{"dave", "1000*"}},
			[]string{`image ruby asks for the user "root"`, `allows only ["dave" "1000*"]`},
		},
		"users are no patterns": {Containers{Image: Image{User: "10001"}}, Rules{AllowedUsers: []string{"1000*"}}, []string{`"10001"`}},
		"not a user":            {service(Service{Image: Image{Name: "redis", User: "a b"}}), Rules{}, []string{`service redis asks for the user "a b", which is not valid`, "1000:1000"}},
		"group alone":           {Containers{Image: Image{User: ":1000"}}, Rules{}, []string{`":1000"`}},
		"user like a flag":      {Containers{Image: Image{User: "-1"}}, Rules{}, []string{`"-1"`}},
		"group like a flag":     {Containers{Image: Image{User: "1000:-1"}}, Rules{}, []string{`"1000:-1"`}},
		"two colons":            {Containers{Image: Image{User: "1:2:3"}}, Rules{}, []string{`"1:2:3"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantRefusal(t, test.containers.Check(test.rules), test.mentions...)
		})
	}
}

func TestPullPolicyNote_ForPoliciesWithoutEffect_ExplainsFargate(t *testing.T) {
	t.Parallel()
	image := func(name string, policies ...string) Image { return Image{Name: name, PullPolicies: policies} }
	for name, test := range map[string]struct {
		containers Containers
		want       string // the beginning
	}{
		"none":   {Containers{Image: image("ruby")}, ""},
		"always": {Containers{Image: image("ruby", "always")}, ""},
		"others": {
			Containers{Image: image("ruby", "always", "if-not-present"), Services: []Service{{Image: image("redis", "never")}, {Image: image("mysql", "always")}}},
			"the pull_policy of image ruby, service redis has no effect: Fargate keeps no images",
		},
	} {
		got := test.containers.PullPolicyNote()
		if !strings.HasPrefix(got, test.want) || test.want == "" && got != "" {
			t.Errorf("%s: got %q", name, got)
		}
	}
}
