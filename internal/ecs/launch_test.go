package ecs

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

// testLocation is where testLaunch launches.
var testLocation = Location{Region: "us-east-1", Cluster: "ci"}

// testLaunch is a launch that a fresh local ECS accepts.
func testLaunch() Launch {
	return Launch{
		Template: &v1alpha1.TaskTemplate{
			Region: "us-east-1", Cluster: "ci", TaskDefinition: "ci:1", ContainerName: "ci-coordinator",
			Network: v1alpha1.Network{Subnets: []string{"subnet-local-a"}},
		},
		SSHPublicKey: "ssh-ed25519 AAAA",
		Owner:        Owner{Installation: "test", UID: "b3c4d5e6-0000-4000-8000-000000000001"},
		Attempt:      1,
	}
}

func TestLaunch_Twice_IsOneTask(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	var first string
	// Two sets of clients, as before and after a restart.
	for range 2 {
		task, err := (&Clients{}).Launch(t.Context(), testLaunch())
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = task.ARN
		}
		if task.ARN != first {
			t.Errorf("launched %s, then %s", first, task.ARN)
		}
	}
	if tasks := env.Tasks(t); len(tasks) != 1 {
		t.Errorf("%d tasks, want 1", len(tasks))
	}
}

func TestLaunch_ConflictingRequest_AdoptsTheTaskItNames(t *testing.T) {
	localecstest.Start(t, localecs.Config{})
	clients := &Clients{}
	first, err := clients.Launch(t.Context(), testLaunch())
	if err != nil {
		t.Fatal(err)
	}
	other := testLaunch()
	other.SSHPublicKey = "ssh-ed25519 BBBB"
	adopted, err := clients.Launch(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	if adopted.ARN != first.ARN {
		t.Errorf("adopted %s, want %s", adopted.ARN, first.ARN)
	}
}

func TestLaunch_Failure_IsReplayedForItsTokenAlone(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	clients := &Clients{}
	env.FailNext("RunTask", 1, localecs.FailureFault("Capacity is unavailable at this time."))
	launch := testLaunch()
	for range 2 {
		_, err := clients.Launch(t.Context(), launch)
		var fault *Error
		if !errors.As(err, &fault) || fault.Class != NextAttempt {
			t.Fatalf("got %v, want a failure that another attempt may not meet", err)
		}
	}
	launch.Attempt = 2
	if _, err := clients.Launch(t.Context(), launch); err != nil {
		t.Errorf("the next attempt failed too: %v", err)
	}
}

func TestLaunch_SDKConfiguration_NamesTheProgram(t *testing.T) {
	localecstest.Start(t, localecs.Config{})
	t.Setenv("AWS_PROFILE", "no-such-profile")
	_, err := (&Clients{}).Launch(t.Context(), testLaunch())
	var fault *Error
	if !errors.As(err, &fault) || !strings.Contains(fault.Message, "no-such-profile") {
		t.Errorf("got %v, want an *Error that names the profile", err)
	}
}

func TestSlot_Attempts_TryEverySubnetOfAPlacementFirst(t *testing.T) {
	launch := testLaunch()
	launch.Template.Network.Subnets = []string{"subnet-a", "subnet-b"}
	launch.Template.Capacity = []v1alpha1.Placement{{LaunchType: "FARGATE"}, {LaunchType: "EC2"}}
	seen := map[string]int{}
	var types []string
	for launch.Attempt = 1; launch.Attempt <= Slots(launch.Template); launch.Attempt++ {
		in := launch.request()
		seen[string(in.LaunchType)+" "+in.NetworkConfiguration.AwsvpcConfiguration.Subnets[0]]++
		types = append(types, string(in.LaunchType))
	}
	want := map[string]int{"FARGATE subnet-a": 1, "FARGATE subnet-b": 1, "EC2 subnet-a": 1, "EC2 subnet-b": 1}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("places differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"FARGATE", "FARGATE", "EC2", "EC2"}, types); diff != "" {
		t.Errorf("order differs (-want +got):\n%s", diff)
	}
}

func TestSlot_Jobs_SpreadOverTheSubnets(t *testing.T) {
	launch := testLaunch()
	launch.Template.Network.Subnets = []string{"subnet-a", "subnet-b", "subnet-c"}
	seen := map[int]bool{}
	for _, uid := range strings.Split("abcdefghijklmnop", "") {
		launch.Owner.UID = uid
		subnet, _ := launch.slot()
		seen[subnet] = true
	}
	if len(seen) != 3 {
		t.Errorf("16 jobs use %d of 3 subnets", len(seen))
	}
}

func TestRequest_Token_FitsECS(t *testing.T) {
	launch := testLaunch()
	launch.Attempt = 2147483647
	if token := aws.ToString(launch.request().ClientToken); len(token) > 64 {
		t.Errorf("token %s has %d characters, ECS takes 64", token, len(token))
	}
}

func TestTagValue_CharactersThatAWSRefuses_AreReplaced(t *testing.T) {
	for value, want := range map[string]string{
		"group/project":                   "group/project",
		`build: [1/2] "ü"`:                "build: _1/2_ _ü_",
		strings.Repeat("é", 300):          strings.Repeat("é", 256),
		"":                                "",
		"aws:deploy":                      "_aws:deploy",
		"AwS:deploy":                      "_AwS:deploy",
		"aws":                             "aws",
		"aws: deploy [prod]":              "_aws: deploy _prod_",
		"to aws:prod":                     "to aws:prod",
		"aws:" + strings.Repeat("é", 300): "_aws:" + strings.Repeat("é", 251),
	} {
		if got := tagValue(value); got != want {
			t.Errorf("%q became %q, want %q", value, got, want)
		}
	}
}

func TestTags_ValueReservedByAWS_IsNotSent(t *testing.T) {
	value := "AWS:x"
	launch := Launch{
		Template: &v1alpha1.TaskTemplate{Tags: []v1alpha1.Tag{{Key: "team", Value: &value}}},
		Job:      v1alpha1.JobIdentity{Runner: "aws:a", ProjectPath: "aws:b", Name: "aws:c", Ref: "aws:d"},
		Owner:    Owner{Installation: "x", UID: "y"},
	}
	for _, tag := range launch.tags() {
		if strings.HasPrefix(strings.ToLower(*tag.Value), "aws:") {
			t.Errorf("tag %s has value %s", *tag.Key, *tag.Value)
		}
	}
}

func TestOwner_StartedBy_RoundTrips(t *testing.T) {
	owner := Owner{Installation: "6f1d", UID: "b3c4"}
	got, ok := parseOwner(owner.startedBy())
	if !ok || got != owner {
		t.Errorf("got %v (%t), want %v", got, ok, owner)
	}
	for _, foreign := range []string{"", "ecs-svc/123", "fargate-operator/only"} {
		if _, ok := parseOwner(foreign); ok {
			t.Errorf("%q is taken for ours", foreign)
		}
	}
}
