package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// checkExecutionRole checks whether ECS has a role where it needs one before
// the containers start. Source: "Amazon ECS task execution IAM role" in the ECS
// developer guide.
func (e *examination) checkExecutionRole(context.Context) []Finding {
	const subject = "execution role"
	if e.found.DefinitionErr != nil {
		return nil
	}
	definition := &e.found.Definition
	reasons := roleReasons(definition.Containers)
	role := definition.ExecutionRoleARN
	if e.template.ExecutionRoleARN != "" {
		role = e.template.ExecutionRoleARN
	}
	switch {
	case len(reasons) == 0:
		return []Finding{okf(subject, "task definition %s needs none", definition.ARN)}
	case role != "":
		return []Finding{okf(subject, "%s is there: %s", role, strings.Join(reasons, ", "))}
	}
	return []Finding{{
		Level: Failure, Subject: subject,
		What: fmt.Sprintf("task definition %s has no executionRoleArn: %s", definition.ARN, strings.Join(reasons, ", ")),
		Why:  "ECS does this as the execution role; without one tasks stop with CannotPullContainerError or ResourceInitializationError",
		Fix: "aws iam create-role --role-name ecsTaskExecutionRole --assume-role-policy-document " +
			`'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}'` + "\n" +
			"aws iam attach-role-policy --role-name ecsTaskExecutionRole --policy-arn arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy\n" +
			"name it in the task definition's executionRoleArn or in spec.executionRoleARN; for secrets it also needs secretsmanager:GetSecretValue or ssm:GetParameters,\n" +
			"for files in S3 s3:GetObject and s3:GetBucketLocation",
	}}
}

// roleReasons are what ECS needs an execution role for, in a fixed order.
func roleReasons(containers map[string]ecs.Container) []string {
	var reasons []string
	for _, name := range slices.Sorted(maps.Keys(containers)) {
		container := containers[name]
		if isECR(container.Image) {
			reasons = append(reasons, fmt.Sprintf("container %q pulls from ECR", name))
		}
		if len(container.Secrets) > 0 {
			reasons = append(reasons, fmt.Sprintf("container %q reads secrets", name))
		}
		if len(container.Files) > 0 {
			reasons = append(reasons, fmt.Sprintf("container %q reads files from S3", name))
		}
		if container.LogDriver == "awslogs" {
			reasons = append(reasons, fmt.Sprintf("container %q logs to CloudWatch", name))
		}
	}
	return reasons
}

// isECR reports whether an image is in a private registry of Amazon ECR.
func isECR(image string) bool {
	registry, _, _ := strings.Cut(image, "/")
	return strings.Contains(registry, ".dkr.ecr") || strings.Contains(registry, ".dkr-ecr")
}
