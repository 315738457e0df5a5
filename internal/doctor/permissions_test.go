package doctor_test

import (
	"os"
	"strings"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/doctor"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

// actAs makes this process call AWS with no more rights than generated policies
// give, less the actions named.
func actAs(t *testing.T, env *localecstest.Env, policies []string, less ...string) {
	t.Helper()
	all := &iam.Policy{Version: iam.Version}
	for _, name := range policies {
		document, err := os.ReadFile("../../config/aws/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		filled := strings.NewReplacer("REGION", "us-east-1", "ACCOUNT", "123456789012", "CLUSTER", "ci").Replace(string(document))
		policy, err := iam.Parse([]byte(filled))
		if err != nil {
			t.Fatal(err)
		}
		all.Statement = append(all.Statement, policy.Statement...)
	}
	if len(less) > 0 {
		all.Statement = append(all.Statement, iam.Statement{Effect: iam.Deny, Action: less, Resource: []string{"*"}})
	}
	env.SetPolicy("runner", all)
	t.Setenv("AWS_ACCESS_KEY_ID", "runner")
}

var bothPolicies = []string{"standalone-policy", "doctor-policy"}

func TestExamine_GeneratedPolicies_AreEnough(t *testing.T) {
	actAs(t, localecstest.Start(t, localecs.Config{}), bothPolicies)
	for _, f := range examine(t, template(nil)) {
		if f.Level != doctor.OK {
			t.Errorf("%+v", f)
		}
	}
}

func TestExamine_PermissionMissing_SaysWhoseItIs(t *testing.T) {
	const (
		jobs   = "aws iam put-role-policy --role-name runner --policy-name fargate-standalone-policy"
		checks = "aws iam put-role-policy --role-name runner --policy-name fargate-doctor-policy"
	)
	for action, want := range map[string]doctor.Finding{
		"ecs:StopTask":                  {Level: doctor.Failure, Subject: "permissions", Fix: jobs},
		"ec2:DescribeNetworkInterfaces": {Level: doctor.Failure, Subject: "permissions", Fix: jobs},
		"ecs:DescribeTasks":             {Level: doctor.Failure, Subject: "permissions", Fix: jobs},
		"ecs:DescribeClusters":          {Level: doctor.Warning, Subject: "cluster", Fix: checks},
		"ec2:DescribeRouteTables":       {Level: doctor.Warning, Subject: "way out", Fix: checks},
		"servicequotas:GetServiceQuota": {Level: doctor.Warning, Subject: "quota", Fix: checks},
	} {
		t.Run(action, func(t *testing.T) {
			actAs(t, localecstest.Start(t, localecs.Config{}), bothPolicies, action)
			want.What = "the permission " + action + ","
			wantOnly(t, examine(t, template(nil)), want)
		})
	}
}

func TestExamineClass_PermissionMissing_IsInTheControllersPolicy(t *testing.T) {
	actAs(t, localecstest.Start(t, localecs.Config{}), bothPolicies, "ecs:StopTask", "ecs:DescribeTaskDefinition")
	fixes := 0
	for _, f := range doctor.ExamineClass(t.Context(), inspect.New(&ecs.Clients{}), template(nil)) {
		if f.Level != doctor.Failure {
			continue
		}
		fixes++
		if !strings.Contains(f.Fix, "config/aws/controller-policy.json") {
			t.Errorf("the controller launches tasks of classes, and the fix is another's: %+v", f)
		}
	}
	if fixes != 2 {
		t.Errorf("%d failures, want 2", fixes)
	}
}

func TestExamine_OnlyThePolicyOfJobs_FailsNothing(t *testing.T) {
	actAs(t, localecstest.Start(t, localecs.Config{}), bothPolicies[:1])
	if findings := examine(t, template(nil)); doctor.Failed(findings) {
		t.Errorf("jobs can run, and a check fails: %+v", findings)
	}
}

func TestExamine_NoDefinitionsMayBeRead_IsAFailure(t *testing.T) {
	actAs(t, localecstest.Start(t, localecs.Config{}), bothPolicies, "ecs:DescribeTaskDefinition")
	findings := examine(t, template(nil))
	for _, f := range findings {
		if f.Level == doctor.Failure && f.Subject == "permissions" && strings.Contains(f.What, "ecs:DescribeTaskDefinition") {
			return
		}
	}
	t.Errorf("got %+v, want a failure", findings)
}
