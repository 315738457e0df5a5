package definitions

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/ecs/derive"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

var location = ecs.Location{Region: "us-east-1", Cluster: "ci"}

// registration is the request for a definition of an image.
func registration(t *testing.T, image string) *awsecs.RegisterTaskDefinitionInput {
	t.Helper()
	other := derive.Image{Reference: "registry.example.com/other:1"}
	in, err := derive.Registration(&derive.Task{
		Agent: other, Helper: other, Job: derive.Image{Reference: image},
		Architecture: types.CPUArchitectureX8664, Compatibility: types.CompatibilityFargate,
		CPU: 1024, Memory: 2048, BuildsDir: "/builds", CacheDir: "/cache", Port: 22,
	})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func ensure(t *testing.T, r *Registrar, in *awsecs.RegisterTaskDefinitionInput) string {
	t.Helper()
	definition, err := r.Ensure(t.Context(), location, in)
	if err != nil {
		t.Error(err)
	}
	return definition.ARN
}

func TestEnsure_SameImages_AreRegisteredOnce(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	r, in := New(&ecs.Clients{}), registration(t, "registry.example.com/node:22")
	first := ensure(t, r, in)
	env.Reset()
	if again := ensure(t, r, in); again != first || env.Calls()["RegisterTaskDefinition"] != 0 {
		t.Errorf("a second job gets %s after %v", again, env.Calls())
	}
	// Another process, or this one after its restart.
	if other := ensure(t, New(&ecs.Clients{}), in); other != first || env.Calls()["RegisterTaskDefinition"] != 0 {
		t.Errorf("after a restart a job gets %s after %v", other, env.Calls())
	}
	if other := ensure(t, r, registration(t, "registry.example.com/ruby:3")); other == first {
		t.Error("other images have the same definition")
	}
}

func TestEnsure_ManyJobsAtOnce_ShareTheCalls(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{Registering: 50 * time.Millisecond})
	r, in := New(&ecs.Clients{}), registration(t, "registry.example.com/node:22")
	var jobs sync.WaitGroup
	for range 100 {
		jobs.Go(func() { ensure(t, r, in) })
	}
	jobs.Wait()
	// A job that comes after the registration looks once more, for all that follow.
	if calls := env.Calls(); calls["RegisterTaskDefinition"] != 1 || calls["DescribeTaskDefinition"] > 2 {
		t.Errorf("100 jobs made the calls %v", calls)
	}
}

func TestEnsure_AnotherProcessRegistersTheSame_UsesItsRevision(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{Registering: 300 * time.Millisecond})
	in := registration(t, "registry.example.com/node:22")
	var processes sync.WaitGroup
	arns := make([]string, 4)
	for i := range arns {
		processes.Go(func() { arns[i] = ensure(t, New(&ecs.Clients{}), in) })
	}
	processes.Wait()
	for _, arn := range arns {
		if arn != arns[0] {
			t.Errorf("the processes use %q after %v", arns, env.Calls())
		}
	}
}

func TestEnsure_Deregistered_IsRegisteredAgain(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	in := registration(t, "registry.example.com/node:22")
	first := ensure(t, New(&ecs.Clients{}), in)
	if _, err := env.Client.DeregisterTaskDefinition(t.Context(), &awsecs.DeregisterTaskDefinitionInput{TaskDefinition: aws.String(first)}); err != nil {
		t.Fatal(err)
	}
	if second := ensure(t, New(&ecs.Clients{}), in); second == first {
		t.Errorf("the job still gets %s", second)
	}
}

func TestEnsure_CallerLeaves_OthersGetTheAnswer(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{Registering: time.Second})
	r, in := New(&ecs.Clients{}), registration(t, "registry.example.com/node:22")
	ctx, leave := context.WithCancel(t.Context())
	var jobs sync.WaitGroup
	jobs.Go(func() {
		if _, err := r.Ensure(ctx, location, in); !errors.Is(err, context.Canceled) {
			t.Errorf("the one that has left got %v", err)
		}
	})
	eventually.Holds(t, "ECS registers", func() bool { return env.Calls()["RegisterTaskDefinition"] == 1 })
	jobs.Go(func() { ensure(t, r, in) })
	leave()
	jobs.Wait()
	if calls := env.Calls()["RegisterTaskDefinition"]; calls != 1 {
		t.Errorf("registered %d times", calls)
	}
}

func TestEnsure_Refused_SaysWhy(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	for _, action := range []string{"DescribeTaskDefinition", "RegisterTaskDefinition"} {
		env.FailNext(action, 1, localecs.ErrorFault(localecs.APIError{Code: "AccessDeniedException", Message: "not authorized"}))
		_, err := New(&ecs.Clients{}).Ensure(t.Context(), location, registration(t, "registry.example.com/node:22"))
		var refused *ecs.Error
		if !errors.As(err, &refused) || refused.Reason != v1alpha1.ReasonAccessDenied {
			t.Errorf("%s: got %v, want a refusal", action, err)
		}
	}
}
