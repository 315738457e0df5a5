package doctor_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/doctor"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
	"github.com/fargate-operator/fargate-operator/internal/test/inspecttest"
)

// aCase is an account of AWS and a template, what is wrong with them, and what is
// to be found.
type aCase struct {
	account func(*inspecttest.Account)
	change  func(*v1alpha1.TaskTemplate)
	want    []doctor.Finding
}

func check(t *testing.T, cases map[string]aCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			account := inspecttest.New()
			if c.account != nil {
				c.account(account)
			}
			wantOnly(t, doctor.ExamineFile(t.Context(), account, inspecttest.Template(c.change)), c.want...)
		})
	}
}

// container changes the container of the account's task definition.
func container(change func(*ecs.Container)) func(*inspecttest.Account) {
	return func(a *inspecttest.Account) {
		c := a.Has.Definition.Containers[v1alpha1.DefaultContainerName]
		change(&c)
		a.Has.Definition.Containers[v1alpha1.DefaultContainerName] = c
	}
}

func withRole(t *v1alpha1.TaskTemplate) {
	t.ExecutionRoleARN = "arn:aws:iam::123456789012:role/execution"
}

func TestChecks_EverythingRight_AreOneFindingEach(t *testing.T) {
	t.Parallel()
	account := inspecttest.New()
	container(func(c *ecs.Container) {
		c.LogDriver, c.Log = "awslogs", ecs.ContainerLog{Group: "g", Region: "us-east-1", StreamPrefix: "p"}
	})(account)
	var subjects []string
	for _, f := range doctor.ExamineFile(t.Context(), account, inspecttest.Template(withRole)) {
		if f.Level != doctor.OK {
			t.Errorf("%+v", f)
		}
		subjects = append(subjects, f.Subject)
	}
	want := []string{
		"credentials", "permissions", "cluster", "capacity", "task definition", "network", "execution role",
		"way out", "way out", "security group", "quota", "container log",
	}
	if !slices.Equal(subjects, want) {
		t.Errorf("found %q, want %q", subjects, want)
	}
}

func TestChecks_Identity(t *testing.T) {
	t.Parallel()
	unreachable := inspecttest.New()
	unreachable.FailNext("Identity", 1, inspecttest.Unreachable())
	wantOnly(t, doctor.ExamineFile(t.Context(), unreachable, inspecttest.Template(nil)),
		doctor.Finding{Level: doctor.Warning, Subject: "credentials", Fix: "sts.us-east-1.amazonaws.com"})

	denied := inspecttest.New()
	denied.FailNext("Identity", 1, inspecttest.Denied("sts:GetCallerIdentity"))
	wantOnly(t, doctor.ExamineFile(t.Context(), denied, inspecttest.Template(nil)),
		doctor.Finding{Level: doctor.Failure, Subject: "credentials", Fix: "aws sts get-caller-identity"})
	if calls := denied.Calls("Cluster"); calls > 0 {
		t.Errorf("AWS accepts no credentials, and was asked for more %d times", calls)
	}
}

func TestChecks_PermissionMissing_IsGivenToTheIdentityInUse(t *testing.T) {
	t.Parallel()
	for identity, want := range map[string]string{
		"arn:aws:sts::123456789012:assumed-role/runner/i-0123": "put-role-policy --role-name runner ",
		"arn:aws:iam::123456789012:user/ops/anna":              "put-user-policy --user-name anna ",
		"arn:aws:iam::123456789012:root":                       "put-role-policy --role-name ROLE ",
		"":                                                     "put-role-policy --role-name ROLE ",
	} {
		account := inspecttest.New()
		account.Has.Identity = identity
		account.Has.Denied = map[string]error{"ecs:StopTask": inspecttest.Denied("ecs:StopTask")}
		wantOnly(t, doctor.ExamineFile(t.Context(), account, inspecttest.Template(nil)),
			doctor.Finding{Level: doctor.Failure, Subject: "permissions", Fix: want})
	}
}

func TestChecks_Permissions(t *testing.T) {
	t.Parallel()
	deny := func(action string, err error) func(*inspecttest.Account) {
		return func(a *inspecttest.Account) { a.Has.Denied = map[string]error{action: err} }
	}
	const public = "ec2:DescribeNetworkInterfaces"
	check(t, map[string]aCase{
		"no cluster to ask about is none missing": {account: deny("ecs:ListTasks", &ecs.Error{Reason: v1alpha1.ReasonClusterNotFound})},
		"public address": {
			account: deny(public, inspecttest.Denied(public)),
			want:    []doctor.Finding{{Level: doctor.Failure, Subject: "permissions", What: public, Fix: "standalone-policy"}},
		},
		"public address that no task has": {
			account: deny(public, inspecttest.Denied(public)),
			change:  func(t *v1alpha1.TaskTemplate) { t.Network.AssignPublicIP = v1alpha1.Disabled },
			want:    []doctor.Finding{{Level: doctor.Failure, Subject: "way out"}},
		},
		"no answer": {
			account: func(a *inspecttest.Account) { a.FailNext("Permissions", 1, inspecttest.Unreachable()) },
			want:    []doctor.Finding{{Level: doctor.Warning, Subject: "permissions", What: "not checked: ", Fix: "port 443"}},
		},
		"definitions": {
			account: func(a *inspecttest.Account) {
				a.FailNext("TaskDefinition", 1, inspecttest.Denied("ecs:DescribeTaskDefinition"))
			},
			want: []doctor.Finding{{Level: doctor.Failure, Subject: "permissions", Fix: "standalone-policy"}},
		},
		"clusters, which jobs do without": {
			account: func(a *inspecttest.Account) { a.FailNext("Cluster", 1, inspecttest.Denied("ecs:DescribeClusters")) },
			want:    []doctor.Finding{{Level: doctor.Warning, Subject: "cluster", Fix: "doctor-policy"}},
		},
	})
}

func TestChecks_ExecutionRole(t *testing.T) {
	t.Parallel()
	missing := func(reason string) []doctor.Finding {
		return []doctor.Finding{{Level: doctor.Failure, Subject: "execution role", What: reason, Fix: "AmazonECSTaskExecutionRolePolicy"}}
	}
	ecr := container(func(c *ecs.Container) { c.Image = ecrImage })
	check(t, map[string]aCase{
		"image in ECR":               {account: ecr, want: missing(`"ci-coordinator" pulls from ECR`)},
		"image in ECR of dual stack": {account: container(func(c *ecs.Container) { c.Image = "123456789012.dkr-ecr.us-east-1.on.aws/ci" }), want: missing("pulls from ECR")},
		"image whose name has ecr":   {account: container(func(c *ecs.Container) { c.Image = "example.com/a.dkr.ecr" })},
		"secrets":                    {account: container(func(c *ecs.Container) { c.Secrets = []string{"token"} }), want: missing("reads secrets")},
		"files in S3":                {account: container(func(c *ecs.Container) { c.Files = []string{"arn:aws:s3:::b/a.env"} }), want: missing("reads files from S3")},
		"logs":                       {account: container(func(c *ecs.Container) { c.LogDriver = "awslogs" }), want: missing("logs to CloudWatch")},
		"logs elsewhere":             {account: container(func(c *ecs.Container) { c.LogDriver = "splunk" })},
		"role of the template":       {account: ecr, change: withRole},
		"role of the definition": {account: func(a *inspecttest.Account) {
			ecr(a)
			a.Has.Definition.ExecutionRoleARN = "arn:aws:iam::123456789012:role/execution"
		}},
	})
}

func TestChecks_Ingress(t *testing.T) {
	t.Parallel()
	admit := func(sources ...inspect.Source) func(*inspecttest.Account) {
		return func(a *inspecttest.Account) { a.Has.Sources = sources }
	}
	found := func(level doctor.Level, what, fix string) []doctor.Finding {
		return []doctor.Finding{{Level: level, Subject: "security group", What: what, Fix: fix}}
	}
	viaPublic := func(t *v1alpha1.TaskTemplate) { t.Network.ConnectVia = v1alpha1.PublicIP }
	own, other := inspect.Source{CIDR: "127.0.0.0/8"}, inspect.Source{CIDR: "203.0.113.0/24"}
	check(t, map[string]aCase{
		"own IPv6 address":       {account: admit(inspect.Source{CIDR: "::1/128"}, own)},
		"own range after others": {account: admit(other, inspect.Source{Group: "sg-b"}, own)},
		"nobody":                 {account: admit(), want: found(doctor.Failure, "sg-a does not admit this machine to port 22", "--group-id sg-a --protocol tcp --port 22 --cidr ")},
		"others":                 {account: admit(other), want: found(doctor.Failure, "does not admit this machine", "authorize")},
		"a group":                {account: admit(inspect.Source{Group: "sg-b"}), want: found(doctor.Warning, "admits sg-b to port 22", "authorize")},
		"a prefix list":          {account: admit(inspect.Source{PrefixList: "pl-1"}), want: found(doctor.Warning, "admits pl-1 to port 22", "authorize")},
		"everyone first":         {account: admit(inspect.Source{CIDR: "0.0.0.0/0"}, own), want: found(doctor.Warning, "admits everyone", "revoke-security-group-ingress")},
		"everyone over IPv6":     {account: admit(inspect.Source{CIDR: "::/0"}), want: found(doctor.Warning, "admits everyone (::/0)", "--cidr ::/0")},
		"over the internet":      {account: admit(other), change: viaPublic, want: found(doctor.Warning, "admits 203.0.113.0/24 to port 22; whether", "--cidr RUNNER_ADDRESS/32")},
		"no answer": {
			account: func(a *inspecttest.Account) { a.FailNext("SourcesOf", 1, inspecttest.Unreachable()) },
			want:    found(doctor.Warning, "not checked", "port 443"),
		},
		"no group": {change: func(t *v1alpha1.TaskTemplate) { t.Network.SecurityGroups = nil }, want: found(doctor.Warning, "default one", "[Fargate] SecurityGroup")},
	})
}

func TestChecks_Quotas(t *testing.T) {
	t.Parallel()
	found := func(level doctor.Level, what, fix string) []doctor.Finding {
		return []doctor.Finding{{Level: level, Subject: "quota", What: what, Fix: fix}}
	}
	limit := func(quota inspect.VCPUQuota, limit, used float64) func(*inspecttest.Account) {
		return func(a *inspecttest.Account) {
			a.Has.Limits[quota], a.Has.Used = limit, map[inspect.VCPUQuota]float64{quota: used}
		}
	}
	onSpot := func(t *v1alpha1.TaskTemplate) {
		t.Capacity = []v1alpha1.Placement{{Strategy: []v1alpha1.CapacityProvider{{Provider: "FARGATE_SPOT"}}}}
	}
	check(t, map[string]aCase{
		"room for the last task": {account: limit(inspect.OnDemandVCPUs, 1, 0.75)},
		"full":                   {account: limit(inspect.OnDemandVCPUs, 1, 0.8), want: found(doctor.Warning, "use 0.8: no room for a task of 0.25 vCPU", "--desired-value 2")},
		"too small for one":      {account: limit(inspect.OnDemandVCPUs, 0.2, 0), want: found(doctor.Failure, "no room", "--desired-value 0.5")},
		"size of the template": {
			account: limit(inspect.OnDemandVCPUs, 1, 0.5), change: func(t *v1alpha1.TaskTemplate) { t.CPU = 1024 },
			want: found(doctor.Warning, "no room for a task of 1 vCPU", "L-3032A538"),
		},
		"Spot is another": {account: limit(inspect.OnDemandVCPUs, 0, 0), change: onSpot},
		"Spot":            {account: limit(inspect.SpotVCPUs, 0, 0), change: onSpot, want: found(doctor.Failure, "Fargate Spot", "L-36FBB829")},
		"not of own hosts": {
			account: limit(inspect.OnDemandVCPUs, 0, 0),
			change:  func(t *v1alpha1.TaskTemplate) { t.Capacity = []v1alpha1.Placement{{LaunchType: "EC2"}} },
		},
		"launch type": {
			account: limit(inspect.OnDemandVCPUs, 0, 0),
			change:  func(t *v1alpha1.TaskTemplate) { t.Capacity = []v1alpha1.Placement{{LaunchType: "FARGATE"}} },
			want:    found(doctor.Failure, "Fargate on demand", "L-3032A538"),
		},
		"use unknown": {
			account: func(a *inspecttest.Account) { a.FailNext("VCPUsInUse", 1, inspecttest.Unreachable()) },
			want:    found(doctor.Warning, "not checked", "port 443"),
		},
		"limit unknown": {
			account: func(a *inspecttest.Account) {
				a.FailNext("Quota", 1, inspecttest.Denied("servicequotas:GetServiceQuota"))
			},
			want: found(doctor.Warning, "not checked", "doctor-policy"),
		},
	})
}

func TestChecks_ContainerLog(t *testing.T) {
	t.Parallel()
	found := func(level doctor.Level, what, fix string) []doctor.Finding {
		return []doctor.Finding{{Level: level, Subject: "container log", What: what, Fix: fix}}
	}
	logs := func(creates, exists bool, err error) func(*inspecttest.Account) {
		return func(a *inspecttest.Account) {
			container(func(c *ecs.Container) {
				c.Log = ecs.ContainerLog{Group: "g", Region: "us-west-2", StreamPrefix: "p", CreatesGroup: creates}
			})(a)
			a.Has.LogGroup = exists
			if err != nil {
				a.FailNext("LogGroupExists", 1, err)
			}
		}
	}
	check(t, map[string]aCase{
		"missing":                   {account: logs(false, false, nil), want: found(doctor.Failure, "log group g does not exist in region us-west-2", "create-log-group --log-group-name g --region us-west-2")},
		"missing, ECS creates it":   {account: logs(true, false, nil)},
		"may not be read":           {account: logs(false, false, inspecttest.Denied("logs:GetLogEvents")), want: found(doctor.Warning, "logs:GetLogEvents", "standalone-policy")},
		"unknown":                   {account: logs(false, false, inspecttest.Unreachable()), want: found(doctor.Warning, "not checked", "port 443")},
		"elsewhere needs no answer": {account: func(a *inspecttest.Account) { a.FailNext("LogGroupExists", 1, inspecttest.Unreachable()) }},
	})
}

func TestChecks_OfAClass_SpeakOfItsFieldsAndPolicy(t *testing.T) {
	t.Parallel()
	account := inspecttest.New()
	account.Has.VPCs = map[string]string{"subnet-a": "vpc-1", "subnet-b": "vpc-1"}
	account.Has.Denied = map[string]error{"ecs:StopTask": inspecttest.Denied("ecs:StopTask")}
	var text strings.Builder
	for _, f := range doctor.ExamineClass(t.Context(), account, inspecttest.Template(nil)) {
		text.WriteString(f.What + f.Why + f.Fix)
	}
	for _, part := range []string{"spec.network.securityGroups", "config/aws/controller-policy.json"} {
		if !strings.Contains(text.String(), part) {
			t.Errorf("no finding has %q: %s", part, text.String())
		}
	}
	if calls := account.Calls("LogGroupExists"); calls > 0 {
		t.Error("the controller reads no logs of containers, and a check of its class asks for them")
	}
}
