package ecs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// Launch is one attempt to start the task of a job. Equal values give equal
// requests, which RunTask's idempotency depends on.
type Launch struct {
	// Template is the resolved class, with a pinned task definition.
	Template *v1alpha1.TaskTemplate
	// SSHPublicKey goes into the container's environment as SSH_PUBLIC_KEY.
	SSHPublicKey string
	// Job becomes the task's tags.
	Job v1alpha1.JobIdentity
	// Owner identifies the job among the tasks of the cluster.
	Owner Owner
	// Namespace is the job's. It is empty without Kubernetes.
	Namespace string
	// Lifetime is how long the job may live, in whole seconds. Zero for without
	// end.
	Lifetime time.Duration
	// Attempt counts from 1 and decides the placement and the token.
	Attempt int32
}

// Launch starts the task of a job, or finds the one that an earlier call with
// the same owner and attempt started. Errors are *Error or the context's.
func (c *Clients) Launch(ctx context.Context, launch Launch) (*v1alpha1.TaskStatus, error) {
	loc := LocationOf(launch.Template)
	r, err := c.at(ctx, loc)
	if err != nil {
		return nil, err
	}
	if r.turns.take(launch.token()) {
		ctx = withTurn(ctx)
	}
	var tries answers
	out, err := r.tasks.RunTask(ctx, launch.request(), tries.listen)
	task, err := launched(out, err, loc)
	return task, tries.mark(err)
}

// launched reads the answer to a launch.
func launched(out *ecs.RunTaskOutput, err error, loc Location) (*v1alpha1.TaskStatus, error) {
	var conflict *types.ConflictException
	switch {
	case errors.As(err, &conflict) && len(conflict.ResourceIds) > 0:
		return &v1alpha1.TaskStatus{ARN: conflict.ResourceIds[0]}, nil
	case err != nil:
		return nil, Classify(err, "starting the task", loc)
	case len(out.Failures) > 0:
		return nil, failure(aws.ToString(out.Failures[0].Reason), aws.ToString(out.Failures[0].Detail))
	case len(out.Tasks) == 0:
		return nil, &Error{Class: NextAttempt, Reason: v1alpha1.ReasonCapacityUnavailable, Message: "ECS did not start the task and gave no reason"}
	}
	task := describe(&out.Tasks[0])
	return &task.Task, nil
}

func (l Launch) request() *ecs.RunTaskInput {
	t := l.Template
	in := &ecs.RunTaskInput{
		Cluster:              aws.String(t.Cluster),
		TaskDefinition:       aws.String(t.TaskDefinition),
		Count:                aws.Int32(1),
		ClientToken:          aws.String(l.token()),
		StartedBy:            aws.String(l.Owner.startedBy()),
		EnableExecuteCommand: t.ExecuteCommand == v1alpha1.Enabled,
		PlatformVersion:      optional(t.PlatformVersion),
		Tags:                 l.tags(),
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: l.network()},
		Overrides:            l.overrides(),
	}
	l.place(in)
	return in
}

// token identifies the attempt to ECS for 24 hours, or for the task's life plus
// one hour if that is shorter. An owner's UID has 36 characters, ECS takes 64.
func (l Launch) token() string { return fmt.Sprintf("%s-%d", l.Owner.UID, l.Attempt) }

func (l Launch) network() *types.AwsVpcConfiguration {
	network := l.Template.Network
	assign := types.AssignPublicIpDisabled
	if network.AssignPublicIP == v1alpha1.Enabled {
		assign = types.AssignPublicIpEnabled
	}
	subnet, _ := l.slot()
	return &types.AwsVpcConfiguration{
		Subnets:        []string{network.Subnets[subnet]},
		SecurityGroups: network.SecurityGroups,
		AssignPublicIp: assign,
	}
}

func (l Launch) place(in *ecs.RunTaskInput) {
	if len(l.Template.Capacity) == 0 {
		return
	}
	_, i := l.slot()
	placement := l.Template.Capacity[i]
	in.LaunchType = types.LaunchType(placement.LaunchType)
	for _, item := range placement.Strategy {
		in.CapacityProviderStrategy = append(in.CapacityProviderStrategy, types.CapacityProviderStrategyItem{
			CapacityProvider: aws.String(item.Provider),
			Base:             aws.ToInt32(item.Base),
			Weight:           aws.ToInt32(item.Weight),
		})
	}
}

func (l Launch) overrides() *types.TaskOverride {
	t := l.Template
	overrides := &types.TaskOverride{
		Cpu:              optionalInt(t.CPU),
		Memory:           optionalInt(t.Memory),
		TaskRoleArn:      optional(t.TaskRoleARN),
		ExecutionRoleArn: optional(t.ExecutionRoleARN),
		ContainerOverrides: []types.ContainerOverride{{
			Name: aws.String(t.ContainerName),
			Environment: []types.KeyValuePair{{
				Name:  aws.String(v1alpha1.PublicKeyVariable),
				Value: aws.String(l.SSHPublicKey),
			}},
		}},
	}
	if t.EphemeralStorageGiB > 0 {
		overrides.EphemeralStorage = &types.EphemeralStorage{SizeInGiB: t.EphemeralStorageGiB}
	}
	return overrides
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func optionalInt(n int32) *string {
	if n == 0 {
		return nil
	}
	return aws.String(strconv.Itoa(int(n)))
}
