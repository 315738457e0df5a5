package localecs_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

func TestTaskDefinitions_FamilyMeansTheLatestActiveRevision(t *testing.T) {
	e := startEmpty(t)
	first := e.register("build", shell("main", "true"))
	second := e.register("build", shell("main", "false"))
	latest := func() string {
		out, err := e.ecs.DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("build")})
		if err != nil {
			t.Fatal(err)
		}
		return *out.TaskDefinition.TaskDefinitionArn
	}
	if got := latest(); got != second {
		t.Errorf("latest %s, want %s", got, second)
	}
	if _, err := e.ecs.DeregisterTaskDefinition(t.Context(), &ecs.DeregisterTaskDefinitionInput{TaskDefinition: &second}); err != nil {
		t.Fatal(err)
	}
	if got := latest(); got != first {
		t.Errorf("latest after deregistering %s, want %s", got, first)
	}
	out, err := e.ecs.DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("build:2")})
	if err != nil {
		t.Fatal(err)
	}
	if out.TaskDefinition.Status != types.TaskDefinitionStatusInactive || out.TaskDefinition.DeregisteredAt == nil {
		t.Errorf("revision 2 is %s, deregistered at %v", out.TaskDefinition.Status, out.TaskDefinition.DeregisteredAt)
	}
}

func TestTaskDefinitions_Unknown(t *testing.T) {
	e := startEmpty(t)
	e.register("build", shell("main", "true"))
	for _, reference := range []string{
		"absent", "build:2", "build:x", "arn:aws:ecs:eu-west-1:123456789012:task-definition/build:1",
	} {
		_, err := e.ecs.DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: &reference})
		e.wantError(err, "ClientException", "Unable to describe task definition.")
	}
	_, err := e.ecs.DeregisterTaskDefinition(t.Context(), &ecs.DeregisterTaskDefinitionInput{TaskDefinition: aws.String("build")})
	e.wantError(err, "ClientException", "Revision is missing.")
}

func TestTaskDefinitions_ShowValuesInForce(t *testing.T) {
	e := startEmpty(t)
	in := definition("build", types.ContainerDefinition{
		Name: aws.String("main"), Image: aws.String("shell"),
		PortMappings: []types.PortMapping{{ContainerPort: aws.Int32(22)}},
	})
	in.Cpu, in.Memory, in.Tags = aws.String(".5 vCPU"), aws.String("1GB"), manyTags(1)
	if _, err := e.ecs.RegisterTaskDefinition(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	out, err := e.ecs.DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: aws.String("build"), Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags},
	})
	if err != nil {
		t.Fatal(err)
	}
	container := out.TaskDefinition.ContainerDefinitions[0]
	got := []any{
		*out.TaskDefinition.Cpu, *out.TaskDefinition.Memory, *container.Essential, *container.PortMappings[0].HostPort, len(out.Tags),
	}
	if diff := cmp.Diff([]any{"512", "1024", true, int32(22), 1}, got); diff != "" {
		t.Errorf("cpu, memory, essential, host port, tags (-want +got):\n%s", diff)
	}
}

func TestListTaskDefinitions_FiltersSortsAndPages(t *testing.T) {
	e := startEmpty(t)
	other := e.register("other", shell("main", "true"))
	first := e.register("build", shell("main", "true"))
	second := e.register("build", shell("main", "true"))
	list := func(in ecs.ListTaskDefinitionsInput) ([]string, *string) {
		out, err := e.ecs.ListTaskDefinitions(t.Context(), &in)
		if err != nil {
			t.Fatal(err)
		}
		return out.TaskDefinitionArns, out.NextToken
	}
	all, _ := list(ecs.ListTaskDefinitionsInput{})
	if diff := cmp.Diff([]string{first, second, other}, all); diff != "" {
		t.Errorf("all (-want +got):\n%s", diff)
	}
	newestFirst, next := list(ecs.ListTaskDefinitionsInput{
		FamilyPrefix: aws.String("build"), Sort: types.SortOrderDesc, MaxResults: aws.Int32(1),
	})
	rest, end := list(ecs.ListTaskDefinitionsInput{
		FamilyPrefix: aws.String("build"), Sort: types.SortOrderDesc, NextToken: next,
	})
	if diff := cmp.Diff([]string{second, first}, append(newestFirst, rest...)); diff != "" || end != nil {
		t.Errorf("family, newest first, in pages, ends with %v (-want +got):\n%s", end, diff)
	}
}

func TestRegisterTaskDefinition_Invalid_IsRefused(t *testing.T) {
	e := startEmpty(t)
	withMain := func(change func(*types.ContainerDefinition)) func(*ecs.RegisterTaskDefinitionInput) {
		return func(in *ecs.RegisterTaskDefinitionInput) { change(&in.ContainerDefinitions[0]) }
	}
	for name, tc := range map[string]struct {
		change  func(*ecs.RegisterTaskDefinitionInput)
		message string
	}{
		"bad family": {func(in *ecs.RegisterTaskDefinitionInput) { in.Family = aws.String("a b") }, "Invalid family"},
		"no containers": {
			func(in *ecs.RegisterTaskDefinitionInput) { in.ContainerDefinitions = []types.ContainerDefinition{} },
			"Container list cannot be empty.",
		},
		"container without image": {withMain(func(c *types.ContainerDefinition) { c.Image = nil }), "Container.image"},
		"container without name":  {withMain(func(c *types.ContainerDefinition) { c.Name = nil }), "Container.name"},
		"no essential container": {
			withMain(func(c *types.ContainerDefinition) { c.Essential = aws.Bool(false) }), "must be essential",
		},
		"same name twice": {
			func(in *ecs.RegisterTaskDefinitionInput) {
				in.ContainerDefinitions = append(in.ContainerDefinitions, in.ContainerDefinitions[0])
			},
			"not unique",
		},
		"stop timeout too long": {
			withMain(func(c *types.ContainerDefinition) { c.StopTimeout = aws.Int32(121) }), "stopTimeout",
		},
		"health check too often": {
			withMain(func(c *types.ContainerDefinition) {
				c.HealthCheck = &types.HealthCheck{Command: []string{"CMD", "true"}, Interval: aws.Int32(1)}
			}),
			"interval",
		},
		"dependency on itself": {
			withMain(func(c *types.ContainerDefinition) { c.DependsOn = dependency("main", types.ContainerConditionStart) }),
			"depends on itself",
		},
		"dependency on nobody": {
			withMain(func(c *types.ContainerDefinition) { c.DependsOn = dependency("absent", types.ContainerConditionStart) }),
			"not in the task definition",
		},
		"volume that is not there": {
			withMain(func(c *types.ContainerDefinition) {
				c.MountPoints = []types.MountPoint{{SourceVolume: aws.String("absent"), ContainerPath: aws.String("/data")}}
			}),
			"Unknown volume 'absent'.",
		},
		"bad volume name": {
			func(in *ecs.RegisterTaskDefinitionInput) { in.Volumes = []types.Volume{{Name: aws.String("../data")}} },
			"Invalid volume name",
		},
		"volume of the host": {
			func(in *ecs.RegisterTaskDefinitionInput) {
				in.Volumes = []types.Volume{{Name: aws.String("data"), Host: &types.HostVolumeProperties{SourcePath: aws.String("/data")}}}
			},
			"host.sourcePath should not be set for volumes in Fargate.",
		},
		"other network mode": {
			func(in *ecs.RegisterTaskDefinitionInput) { in.NetworkMode = types.NetworkModeBridge },
			"Fargate only supports network mode 'awsvpc'.",
		},
		"no cpu": {
			func(in *ecs.RegisterTaskDefinitionInput) { in.Cpu = nil },
			"Fargate requires that 'cpu' be defined at the task level.",
		},
		"size that Fargate does not have": {
			func(in *ecs.RegisterTaskDefinitionInput) { in.Memory = aws.String("1536") },
			"No Fargate configuration exists for given values.",
		},
		"too large": {
			withMain(func(c *types.ContainerDefinition) { c.Command = []string{strings.Repeat("x", 65<<10)} }),
			"maximum length",
		},
	} {
		t.Run(name, func(t *testing.T) {
			in := definition("build", shell("main", "true"))
			tc.change(in)
			_, err := e.ecs.RegisterTaskDefinition(t.Context(), in)
			here := *e
			here.T = t
			here.wantError(err, "ClientException", tc.message)
		})
	}
}

func TestRegisterTaskDefinition_TwoOfAFamilyAtOnce_TheSecondIsRefused(t *testing.T) {
	t.Parallel()
	e := startEmpty(t, func(c *localecs.Config) { c.Registering = 10 * time.Minute })
	// The first lasts until the server closes; the client gives up.
	eventually.Holds(t, "the second is refused", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err := e.ecs.RegisterTaskDefinition(ctx, definition("build", shell("main", "true")))
		var refused *types.ClientException
		return errors.As(err, &refused) &&
			refused.ErrorMessage() == "Too many concurrent attempts to create a new revision of the specified family."
	})
}

func TestTags_AreChangedAndListed(t *testing.T) {
	e := start(t)
	task := e.run()
	for name, arn := range map[string]string{
		"task":            task,
		"cluster":         "arn:aws:ecs:us-east-1:123456789012:cluster/ci",
		"task definition": "arn:aws:ecs:us-east-1:123456789012:task-definition/job:1",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := e.ecs.TagResource(t.Context(), &ecs.TagResourceInput{ResourceArn: &arn, Tags: manyTags(3)}); err != nil {
				t.Fatal(err)
			}
			if _, err := e.ecs.UntagResource(t.Context(), &ecs.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"key0", "key2"}}); err != nil {
				t.Fatal(err)
			}
			out, err := e.ecs.ListTagsForResource(t.Context(), &ecs.ListTagsForResourceInput{ResourceArn: &arn})
			if err != nil {
				t.Fatal(err)
			}
			if len(out.Tags) != 1 || *out.Tags[0].Key != "key1" {
				t.Errorf("tags %+v", out.Tags)
			}
		})
	}
	e.stop(task)
	e.await(task, "STOPPED")
	_, err := e.ecs.TagResource(t.Context(), &ecs.TagResourceInput{ResourceArn: &task, Tags: manyTags(1)})
	e.wantError(err, "InvalidParameterException", "The specified task is stopped.")
	_, err = e.ecs.ListTagsForResource(t.Context(), &ecs.ListTagsForResourceInput{ResourceArn: aws.String("nonsense")})
	e.wantError(err, "InvalidParameterException", "nonsense")
}

func TestRunTask_PropagatesAndManagesTags(t *testing.T) {
	e := start(t)
	in := definition("tagged", shell("main", "sleep 600"))
	in.Tags = []types.Tag{
		{Key: aws.String("team"), Value: aws.String("definition")}, {Key: aws.String("key0"), Value: aws.String("definition")},
	}
	if _, err := e.ecs.RegisterTaskDefinition(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	task := e.describe(e.run(func(in *ecs.RunTaskInput) {
		in.TaskDefinition, in.Tags = aws.String("tagged"), manyTags(1)
		in.PropagateTags, in.EnableECSManagedTags = types.PropagateTagsTaskDefinition, true
	}))
	got := make(map[string]string)
	for _, tag := range task.Tags {
		got[*tag.Key] = *tag.Value
	}
	want := map[string]string{"key0": "value", "team": "definition", "aws:ecs:clusterName": "ci"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
}
