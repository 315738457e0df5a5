package doctor_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/doctor"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

// logging is a template whose container logs to CloudWatch, with more options.
func logging(t *testing.T, env *localecstest.Env, more map[string]string) *v1alpha1.TaskTemplate {
	t.Helper()
	options := map[string]string{"awslogs-group": "LOG_GROUP", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "job"}
	for name, value := range more {
		options[name] = value
	}
	container := seed.Container(localecstest.Idle, 22)
	container.LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: options}
	return template(func(s *v1alpha1.TaskTemplate) {
		s.TaskDefinition, s.ExecutionRoleARN = env.Define(t, "logging", container), "arn:aws:iam::123456789012:role/EXECUTION_ROLE"
	})
}

func isOfLog(f doctor.Finding) bool { return f.Subject == "container log" }

func TestExamineFile_LogMayNotBeRead_IsAWarning(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	template := logging(t, env, nil)
	actAs(t, env, bothPolicies)
	wantOnly(t, examine(t, template))
	actAs(t, env, bothPolicies, "logs:GetLogEvents")
	wantOnly(t, examine(t, template), doctor.Finding{
		Level: doctor.Warning, Subject: "container log", What: "the permission logs:GetLogEvents,", Fix: "fargate-standalone-policy",
	})
	if findings := doctor.ExamineClass(t.Context(), inspect.New(&ecs.Clients{}), template); slices.ContainsFunc(findings, isOfLog) {
		t.Errorf("the controller reads no logs, and a check of its class says: %+v", findings)
	}
}

func TestExamineFile_LogGroupMissing_FailsUnlessECSCreatesIt(t *testing.T) {
	missing := localecs.ErrorFault(localecs.APIError{Code: "ResourceNotFoundException", Message: "The specified log group does not exist."})
	env := localecstest.Start(t, localecs.Config{})
	env.FailNext("GetLogEvents", 1, missing)
	wantOnly(t, examine(t, logging(t, env, nil)), doctor.Finding{
		Level: doctor.Failure, Subject: "container log", What: "log group LOG_GROUP does not exist", Fix: "aws logs create-log-group",
	})
	env.FailNext("GetLogEvents", 1, missing)
	wantOnly(t, examine(t, logging(t, env, map[string]string{"awslogs-create-group": "true"})))
}

func TestExamineFile_LogsDoNotAnswer_IsNotChecked(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	env.FailNext("GetLogEvents", 100, localecs.DropFault())
	wantOnly(t, examine(t, logging(t, env, nil)), doctor.Finding{
		Level: doctor.Warning, Subject: "container log", What: "not checked: reading the container's log: AWS could not be reached", Fix: "VPC endpoints",
	})
}

func TestExamineFile_NoLogInCloudWatch_IsNoFinding(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	for _, f := range examine(t, logging(t, env, map[string]string{"awslogs-stream-prefix": ""})) {
		if isOfLog(f) {
			t.Errorf("%+v", f)
		}
	}
}
