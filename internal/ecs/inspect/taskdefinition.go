package inspect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// TaskDefinition describes a family's latest active revision, a family:revision
// or an ARN. Unlike the method of ecs.Clients it caches nothing, so it also
// notices that a revision has been deregistered.
func (i *Inspector) TaskDefinition(ctx context.Context, loc ecs.Location, name string) (ecs.Definition, error) {
	cfg, err := i.clients.Config(ctx, loc)
	if err != nil {
		return ecs.Definition{}, err
	}
	var api definitionsAPI = awsecs.NewFromConfig(cfg)
	out, err := api.DescribeTaskDefinition(ctx, &awsecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String(name)})
	if err != nil {
		return ecs.Definition{}, ecs.Classify(err, "looking up the task definition "+name, loc)
	}
	return ecs.DefinitionOf(out.TaskDefinition), nil
}
