package e2e

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/driverconfig"
	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
	"github.com/fargate-operator/fargate-operator/internal/test/fakerunner"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"
)

// shownElsewhere are the keys that have no effect on a RunTask request, with the
// test that shows what they do.
var shownElsewhere = map[string]string{
	"AssumeRoleARN": "TestSettings_AssumeRoleARN_IsWhoStartsTasks",
	"ConnectVia":    "TestSettings_UsePublicIP_IsWhereTheExecutorConnects",
	"TaskClasses":   "TestSettings_ClassThatTheJobChooses_TakesEffectInRunTask",
	"UsePublicIP":   "TestSettings_UsePublicIP_IsWhereTheExecutorConnects",
}

func TestSettings_Table_HasEveryKeyOfTasks(t *testing.T) {
	set := map[string]bool{}
	for _, s := range settings() {
		config, err := driverconfig.Load(writeConfig(t, s.file(t)))
		if err != nil {
			t.Fatal(err)
		}
		for _, section := range []any{config.Fargate, config.Overrides} {
			for field, value := range reflect.ValueOf(section).Fields() {
				set[field.Name] = set[field.Name] || !value.IsZero()
			}
		}
	}
	for key, isSet := range set {
		if !isSet && shownElsewhere[key] == "" {
			t.Errorf("no setting of the table has the key %s: add one", key)
		}
	}
	for key := range shownElsewhere {
		if _, known := set[key]; !known {
			t.Errorf("there is no longer a key %s", key)
		}
	}
}

func TestSettings_AssumeRoleARN_IsWhoStartsTasks(t *testing.T) {
	const role = "OF_ANOTHER_ACCOUNT"
	stack.AWS.SetPolicy(role, &iam.Policy{Statement: []iam.Statement{
		{Effect: iam.Allow, Action: []string{"*"}, Resource: []string{"*"}},
		{Effect: iam.Deny, Action: []string{"ecs:RunTask"}, Resource: []string{"*"}},
	}})
	t.Cleanup(func() { stack.AWS.SetPolicy(role, nil) })
	for mode, start := range settingRunners {
		t.Run(mode, func(t *testing.T) {
			runner := start(t, setting{fargate: fmt.Sprintf("AssumeRoleARN = 'arn:aws:iam::%s:role/%s'", devstack.Account, role)})
			var log lockedBuffer
			err := begin(t, runner, newJob(t), &log).Prepare(t.Context())
			var failure *fakerunner.SystemFailure
			if !errors.As(err, &failure) {
				t.Errorf("got %v, want a system failure", err)
			}
			assertContains(t, log.String(), "assumed-role/"+role+"/local is not authorized to perform: ecs:RunTask")
			assertNothingLeft(t)
		})
	}
}

func TestSettings_UsePublicIP_IsWhereTheExecutorConnects(t *testing.T) {
	for name, test := range map[string]struct {
		lines  string
		public bool
	}{
		"false":                  {"EnablePublicIP = true\nUsePublicIP = false", false},
		"true":                   {"EnablePublicIP = true\nUsePublicIP = true", true},
		"unset with a public IP": {"EnablePublicIP = true", true},
		"ConnectVia PrivateIP":   {"EnablePublicIP = true\nConnectVia = 'PrivateIP'", false},
		"ConnectVia PublicIP":    {"EnablePublicIP = true\nConnectVia = 'PublicIP'", true},
	} {
		for mode, start := range settingRunners {
			t.Run(name+"/"+mode, func(t *testing.T) {
				var log lockedBuffer
				attempt := prepared(t, start(t, setting{fargate: test.lines}), newJob(t), &log)
				if got := publicAddress.MatchString(log.String()); got != test.public {
					t.Errorf("connected to the public address: %t, want %t\n%s", got, test.public, log.String())
				}
				attempt.Cleanup(t.Context())
				assertNothingLeft(t)
			})
		}
	}
}
