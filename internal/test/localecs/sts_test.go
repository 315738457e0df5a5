package localecs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"
)

func TestSTS_RoleIsAssumed_CallsAreTheRoles(t *testing.T) {
	e := start(t)
	own := e.ecs.Options()
	callers := sts.New(sts.Options{Region: own.Region, BaseEndpoint: own.BaseEndpoint, Credentials: own.Credentials})
	own.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(callers, roleARN+"other"))

	role := sts.New(sts.Options{Region: own.Region, BaseEndpoint: own.BaseEndpoint, Credentials: own.Credentials})
	out, err := role.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	const want = "arn:aws:sts::123456789012:assumed-role/other/local"
	if got := aws.ToString(out.Arn); got != want {
		t.Errorf("the caller is %s, want %s", got, want)
	}
	e.server.SetPolicy("other", &iam.Policy{})
	_, err = ecs.New(own).ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: aws.String("ci")})
	e.wantError(err, "AccessDeniedException", want)
}
