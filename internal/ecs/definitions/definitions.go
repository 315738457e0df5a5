// Package definitions keeps derived task definitions registered. Their families are
// named by their content, so one that is there is the wanted one, whoever has
// registered it.
package definitions

import (
	"context"
	"errors"
	"strings"
	"time"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	"golang.org/x/sync/singleflight"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// The following is everything that this package calls in AWS. hack/iampolicy
// generates the IAM policies in config/aws from it.

// definitionsAPI is what this package calls in Amazon ECS.
type definitionsAPI interface {
	RegisterTaskDefinition(context.Context, *awsecs.RegisterTaskDefinitionInput, ...func(*awsecs.Options)) (*awsecs.RegisterTaskDefinitionOutput, error)
}

const (
	// lookPause is the time until another registration of the family, which ECS
	// refuses a second one for, can be seen.
	lookPause = 500 * time.Millisecond
	// registerTimeout bounds a registration that several jobs wait for. ECS registers
	// one a second, and a burst of twenty.
	registerTimeout = 2 * time.Minute
)

// Registrar registers task definitions. Jobs that want the same one at the same
// time share the calls. What is registered, its clients remember.
type Registrar struct {
	clients *ecs.Clients
	calls   singleflight.Group
}

// New returns a Registrar that calls AWS with these clients.
func New(clients *ecs.Clients) *Registrar { return &Registrar{clients: clients} }

// Ensure returns the active revision of a derived task definition, and registers it
// if there is none. Errors are *ecs.Error or the context's.
func (r *Registrar) Ensure(ctx context.Context, loc ecs.Location, in *awsecs.RegisterTaskDefinitionInput) (ecs.Definition, error) {
	// The first caller may leave while others still wait for the answer.
	shared := context.WithoutCancel(ctx)
	answer := r.calls.DoChan(strings.Join([]string{loc.Region, loc.AssumeRoleARN, *in.Family}, " "), func() (any, error) {
		shared, cancel := context.WithTimeout(shared, registerTimeout)
		defer cancel()
		return r.ensure(shared, loc, in)
	})
	select {
	case <-ctx.Done():
		return ecs.Definition{}, ecs.Classify(ctx.Err(), "registering the task definition "+*in.Family, loc)
	case result := <-answer:
		definition, _ := result.Val.(ecs.Definition)
		return definition, result.Err
	}
}

// ensure looks before it registers: ECS describes 20 definitions in a second and
// registers one. If another process registers the same at this moment, it looks
// again.
func (r *Registrar) ensure(ctx context.Context, loc ecs.Location, in *awsecs.RegisterTaskDefinitionInput) (ecs.Definition, error) {
	for {
		definition, err := r.clients.TaskDefinition(ctx, loc, *in.Family)
		if err == nil && definition.Active || !isAbsent(err) && err != nil {
			return definition, err
		}
		definition, err = r.register(ctx, loc, in)
		if !isContended(err) {
			return definition, err
		}
		select {
		case <-time.After(lookPause):
		case <-ctx.Done():
			return ecs.Definition{}, err
		}
	}
}

func (r *Registrar) register(ctx context.Context, loc ecs.Location, in *awsecs.RegisterTaskDefinitionInput) (ecs.Definition, error) {
	config, err := r.clients.Config(ctx, loc)
	if err != nil {
		return ecs.Definition{}, err
	}
	var api definitionsAPI = awsecs.NewFromConfig(config)
	out, err := api.RegisterTaskDefinition(ctx, in)
	if err != nil {
		return ecs.Definition{}, ecs.Classify(err, "registering the task definition "+*in.Family, loc)
	}
	return ecs.DefinitionOf(out.TaskDefinition), nil
}

// isAbsent reports whether there is no active revision of a family.
func isAbsent(err error) bool {
	var refused *ecs.Error
	return errors.As(err, &refused) && refused.Reason == v1alpha1.ReasonTaskDefinitionNotFound
}

// isContended reports whether another registration of the family is under way.
func isContended(err error) bool {
	return err != nil && strings.Contains(err.Error(), "Too many concurrent attempts to create a new revision")
}
