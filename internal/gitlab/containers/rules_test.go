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

func TestCheckPorts_OneNetwork_OneServiceAPort(t *testing.T) {
	t.Parallel()
	const gateway = 2222
	onPort := func(name string, port int) Service {
		return Service{Image: Image{Name: name}, HealthPort: port, declared: port != 0}
	}
	ofJob := func(name string) Service { return Service{Image: Image{Name: name}, HealthPort: 80} }
	for name, test := range map[string]struct {
		services []Service
		exposed  [][]int
		mentions []string // none if it is allowed
	}{
		"different ports":                {services: []Service{onPort("a", 1), onPort("b", 2)}, exposed: [][]int{nil, nil}},
		"exposed, and named another":     {services: []Service{onPort("postgres:17", 0), onPort("postgres:16", 5433)}, exposed: [][]int{{5432}, {5432}}},
		"exposed twice by one image":     {services: []Service{onPort("a", 0)}, exposed: [][]int{{80, 443, 80}}},
		"named for all services at once": {services: []Service{ofJob("a"), ofJob("b")}, exposed: [][]int{nil, nil}},
		"both exposed": {
			services: []Service{onPort("postgres:17", 0), onPort("postgres:16", 0)}, exposed: [][]int{{5432}, {5432}},
			mentions: []string{"service postgres:16 listens on port 5432, and so does service postgres:17", "name that port in its variables as HEALTHCHECK_TCP_PORT"},
		},
		"both named":          {services: []Service{onPort("a", 80), onPort("b", 80)}, exposed: [][]int{nil, nil}, mentions: []string{"service b listens on port 80, and so does service a"}},
		"named and exposed":   {services: []Service{onPort("a", 80), onPort("b", 0)}, exposed: [][]int{nil, {80, 81}}, mentions: []string{"port 80"}},
		"the gateway's":       {services: []Service{onPort("sshd", 0)}, exposed: [][]int{{gateway}}, mentions: []string{"service sshd listens on port 2222, which the task itself needs for SSH"}},
		"the gateway's named": {services: []Service{onPort("sshd", gateway)}, exposed: [][]int{nil}, mentions: []string{"port 2222"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := Containers{Services: test.services}.CheckPorts(gateway, test.exposed)
			if test.mentions == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantRefusal(t, err, test.mentions...)
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
