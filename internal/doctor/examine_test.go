package doctor_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/doctor"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

// template is valid in a localecstest.Env, apart from a change.
func template(change func(*v1alpha1.TaskTemplate)) *v1alpha1.TaskTemplate {
	t := &v1alpha1.TaskTemplate{
		Region: "us-east-1", Cluster: "ci", TaskDefinition: "ci", ContainerName: v1alpha1.DefaultContainerName,
		Network: v1alpha1.Network{
			Subnets: []string{"subnet-local-a"}, SecurityGroups: []string{"sg-local"},
			AssignPublicIP: v1alpha1.Enabled, ConnectVia: v1alpha1.PrivateIP,
		},
		SSH: v1alpha1.SSHServer{Username: "root", Port: 22},
	}
	if change != nil {
		change(t)
	}
	return t
}

func examine(t *testing.T, template *v1alpha1.TaskTemplate) []doctor.Finding {
	t.Helper()
	return doctor.ExamineFile(t.Context(), inspect.New(&ecs.Clients{}), template)
}

// wantOnly fails the test unless everything passes except the wanted findings,
// of whose texts parts are enough.
func wantOnly(t *testing.T, findings []doctor.Finding, wanted ...doctor.Finding) {
	t.Helper()
	for _, f := range findings {
		if f.Level == doctor.OK {
			continue
		}
		if f.Why == "" || f.Fix == "" {
			t.Errorf("%s does not say why, or how to fix it: %+v", f.Subject, f)
		}
		if text := f.What + f.Why + f.Fix; strings.Contains(text, "spec.") {
			t.Errorf("%s names a field of a class: %s", f.Subject, text)
		}
		i := slices.IndexFunc(wanted, func(want doctor.Finding) bool {
			return f.Level == want.Level && f.Subject == want.Subject && strings.Contains(f.What, want.What) && strings.Contains(f.Fix, want.Fix)
		})
		if i < 0 {
			t.Errorf("also found: %+v", f)
			continue
		}
		wanted = slices.Delete(wanted, i, i+1)
	}
	if len(wanted) > 0 {
		t.Errorf("not found: %+v in\n%+v", wanted, findings)
	}
}

func TestExamine_EverythingRight_FindsNothing(t *testing.T) {
	localecstest.Start(t, localecs.Config{})
	findings := examine(t, template(nil))
	if len(findings) < 9 {
		t.Errorf("%d findings, want one for each thing: %+v", len(findings), findings)
	}
	for _, f := range findings {
		if f.Level != doctor.OK {
			t.Errorf("%+v", f)
		}
	}
}

const ecrImage = "123456789012.dkr.ecr.us-east-1.amazonaws.com/ci:latest"

// world is what is set up in AWS for a fault.
type world func(*testing.T, *localecstest.Env)

func define(family string, change func(*types.ContainerDefinition)) world {
	return func(t *testing.T, e *localecstest.Env) {
		t.Helper()
		container := seed.Container(localecstest.Idle, 22)
		change(&container)
		e.Define(t, family, container)
	}
}

func TestExamine_OneFault_IsFoundWithItsFix(t *testing.T) {
	isolated := []localecs.Subnet{{ID: "subnet-local-a", Zone: "a"}}
	private := []localecs.Subnet{{ID: "subnet-local-a", Zone: "a", Way: "igw-1"}, {ID: "subnet-b", Zone: "b", Way: "nat-1"}}
	inECR := define("ecr", func(c *types.ContainerDefinition) { c.Image = aws.String(ecrImage) })
	useECR := func(t *v1alpha1.TaskTemplate) {
		t.TaskDefinition, t.ExecutionRoleARN = "ecr", "arn:aws:iam::123456789012:role/execution"
	}
	for name, test := range map[string]struct {
		config localecs.Config
		world  world
		change func(*v1alpha1.TaskTemplate)
		want   doctor.Finding
		also   []doctor.Finding
	}{
		"no such cluster": {
			change: func(t *v1alpha1.TaskTemplate) { t.Cluster = "nowhere" },
			want:   doctor.Finding{Level: doctor.Failure, Subject: "cluster", What: "create it, or correct [Fargate] Cluster", Fix: "aws ecs create-cluster --region us-east-1 --cluster-name nowhere"},
		},
		"no default strategy": {
			world: func(t *testing.T, e *localecstest.Env) {
				t.Helper()
				if _, err := e.Client.CreateCluster(t.Context(), &awsecs.CreateClusterInput{ClusterName: aws.String("bare")}); err != nil {
					t.Fatal(err)
				}
			},
			change: func(t *v1alpha1.TaskTemplate) { t.Cluster = "bare" },
			want:   doctor.Finding{Level: doctor.Failure, Subject: "capacity", What: "no default capacity provider strategy", Fix: "put-cluster-capacity-providers --region us-east-1 --cluster bare"},
		},
		"capacity of another cluster": {
			change: func(t *v1alpha1.TaskTemplate) {
				t.Capacity = []v1alpha1.Placement{{Strategy: []v1alpha1.CapacityProvider{{Provider: "GPU"}}}}
			},
			want: doctor.Finding{Level: doctor.Failure, Subject: "capacity", What: "GPU", Fix: "put-cluster-capacity-providers"},
		},
		"no such task definition": {
			change: func(t *v1alpha1.TaskTemplate) { t.TaskDefinition = "nothing" },
			want:   doctor.Finding{Level: doctor.Failure, Subject: "task definition", What: "Unable to describe", Fix: "correct [Fargate] TaskDefinition"},
		},
		"container has another name": {
			world:  define("named", func(c *types.ContainerDefinition) { c.Name = aws.String("build") }),
			change: func(t *v1alpha1.TaskTemplate) { t.TaskDefinition = "named" },
			want:   doctor.Finding{Level: doctor.Failure, Subject: "task definition", What: `no container "ci-coordinator"`, Fix: "register-task-definition"},
		},
		"SSH port not mapped": {
			world:  define("unmapped", func(c *types.ContainerDefinition) { c.PortMappings = nil }),
			change: func(t *v1alpha1.TaskTemplate) { t.TaskDefinition = "unmapped" },
			want:   doctor.Finding{Level: doctor.Failure, Subject: "task definition", What: "or correct [SSH] Port", Fix: `"containerPort": 22`},
		},
		"image in ECR without a role": {
			world: inECR, change: func(t *v1alpha1.TaskTemplate) { t.TaskDefinition = "ecr" },
			want: doctor.Finding{Level: doctor.Failure, Subject: "execution role", What: `"ci-coordinator" pulls from ECR`, Fix: "AmazonECSTaskExecutionRolePolicy"},
		},
		"logs without a role": {
			world: define("logging", func(c *types.ContainerDefinition) {
				c.LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs}
			}),
			change: func(t *v1alpha1.TaskTemplate) { t.TaskDefinition = "logging" },
			want:   doctor.Finding{Level: doctor.Failure, Subject: "execution role", What: "logs to CloudWatch", Fix: "[Fargate] ExecutionRoleARN"},
		},
		"private registry without a role": {
			world: define("registry", func(c *types.ContainerDefinition) {
				c.RepositoryCredentials = &types.RepositoryCredentials{CredentialsParameter: aws.String("arn:aws:secretsmanager:us-east-1:123456789012:secret:registry")}
			}),
			change: func(t *v1alpha1.TaskTemplate) { t.TaskDefinition = "registry" },
			want:   doctor.Finding{Level: doctor.Failure, Subject: "execution role", What: "reads secrets", Fix: "secretsmanager:GetSecretValue"},
		},
		"environment file without a role": {
			world: define("env", func(c *types.ContainerDefinition) {
				c.EnvironmentFiles = []types.EnvironmentFile{{Type: types.EnvironmentFileTypeS3, Value: aws.String("arn:aws:s3:::bucket/ci.env")}}
			}),
			change: func(t *v1alpha1.TaskTemplate) { t.TaskDefinition = "env" },
			want:   doctor.Finding{Level: doctor.Failure, Subject: "execution role", What: "reads files from S3", Fix: "s3:GetObject"},
		},
		"no such subnet": {
			change: func(t *v1alpha1.TaskTemplate) { t.Network.Subnets = []string{"subnet-0"} },
			want:   doctor.Finding{Level: doctor.Failure, Subject: "network", What: "correct [Fargate] Subnet", Fix: "aws ec2 describe-subnets"},
		},
		"no such security group": {
			change: func(t *v1alpha1.TaskTemplate) { t.Network.SecurityGroups = []string{"sg-0"} },
			want:   doctor.Finding{Level: doctor.Failure, Subject: "network", What: "correct [Fargate] SecurityGroup", Fix: "aws ec2 describe-security-groups"},
		},
		"public subnet without public addresses": {
			change: func(t *v1alpha1.TaskTemplate) { t.Network.AssignPublicIP = v1alpha1.Disabled },
			want:   doctor.Finding{Level: doctor.Failure, Subject: "way out", What: "cannot reach the internet, and idle is not in ECR", Fix: "[Fargate] EnablePublicIP = true"},
		},
		"public address in a private subnet": {
			config: localecs.Config{Subnets: private},
			change: func(t *v1alpha1.TaskTemplate) {
				t.Network.Subnets, t.Network.ConnectVia = []string{"subnet-b"}, v1alpha1.PublicIP
			},
			want: doctor.Finding{Level: doctor.Failure, Subject: "way out", What: "subnet-b is private: its packets to the internet go to nat-1", Fix: "[Fargate] UsePublicIP = false"},
			also: []doctor.Finding{{Level: doctor.Warning, Subject: "security group"}},
		},
		"isolated subnet without endpoints": {
			config: localecs.Config{Subnets: isolated, Endpoints: []string{"ecr.api", "s3"}}, world: inECR, change: useECR,
			want: doctor.Finding{Level: doctor.Failure, Subject: "way out", What: "vpc-local has no endpoint for ecr.dkr", Fix: "--nat-gateway-id"},
		},
		"isolated subnet with endpoints": {
			config: localecs.Config{Subnets: isolated, Endpoints: []string{"ecr.api", "ecr.dkr", "s3"}}, world: inECR, change: useECR,
			want: doctor.Finding{Level: doctor.Warning, Subject: "way out", What: "suffice to start them", Fix: "GitLab"},
		},
		"no rule for the SSH port": {
			config: localecs.Config{Ingress: map[string][]localecs.Rule{"sg-local": {{First: 80, Last: 443, From: "0.0.0.0/0"}}}},
			want:   doctor.Finding{Level: doctor.Failure, Subject: "security group", What: "sg-local does not admit this machine to port 22", Fix: "aws ec2 authorize-security-group-ingress --region us-east-1 --group-id sg-local --protocol tcp --port 22 --cidr "},
		},
		"rule for another address": {
			config: localecs.Config{Ingress: map[string][]localecs.Rule{"sg-local": {{First: 22, Last: 22, From: "203.0.113.0/24"}}}},
			want:   doctor.Finding{Level: doctor.Failure, Subject: "security group", What: "does not admit this machine", Fix: "authorize-security-group-ingress"},
		},
		"rule for members of a group": {
			config: localecs.Config{Ingress: map[string][]localecs.Rule{"sg-local": {{First: 22, Last: 22, From: "sg-runner"}}}},
			want:   doctor.Finding{Level: doctor.Warning, Subject: "security group", What: "admits sg-runner to port 22", Fix: "authorize-security-group-ingress"},
		},
		"rule for everyone": {
			config: localecs.Config{Ingress: map[string][]localecs.Rule{"sg-local": {{First: 22, Last: 22, From: "0.0.0.0/0"}}}},
			want:   doctor.Finding{Level: doctor.Warning, Subject: "security group", What: "admits everyone", Fix: "aws ec2 revoke-security-group-ingress --region us-east-1 --group-id sg-local --protocol tcp --port 22 --cidr 0.0.0.0/0"},
		},
		"public connection, rule for a range": {
			change: func(t *v1alpha1.TaskTemplate) { t.Network.ConnectVia = v1alpha1.PublicIP },
			want:   doctor.Finding{Level: doctor.Warning, Subject: "security group", What: "admits 127.0.0.0/8 to port 22; whether", Fix: "--cidr RUNNER_ADDRESS/32"},
		},
		"no security group": {
			change: func(t *v1alpha1.TaskTemplate) { t.Network.SecurityGroups = nil },
			want:   doctor.Finding{Level: doctor.Warning, Subject: "security group", What: "default one", Fix: "[Fargate] SecurityGroup"},
		},
		"quota below one task": {
			config: localecs.Config{Quotas: map[string]float64{"L-3032A538": 0}},
			want:   doctor.Finding{Level: doctor.Failure, Subject: "quota", What: "no room", Fix: "--quota-code L-3032A538"},
		},
		"quota used up": {
			config: localecs.Config{Quotas: map[string]float64{"L-3032A538": 0.5}}, world: func(t *testing.T, e *localecstest.Env) { t.Helper(); run(t, e, 2) },
			want: doctor.Finding{Level: doctor.Warning, Subject: "quota", What: "the tasks of cluster ci use 0.5: no room for a task of 0.25 vCPU", Fix: "request-service-quota-increase"},
		},
		"quota of Spot": {
			config: localecs.Config{Quotas: map[string]float64{"L-36FBB829": 0}},
			change: func(t *v1alpha1.TaskTemplate) {
				t.Capacity = []v1alpha1.Placement{{Strategy: []v1alpha1.CapacityProvider{{Provider: "FARGATE_SPOT"}}}}
			},
			want: doctor.Finding{Level: doctor.Failure, Subject: "quota", What: "Spot", Fix: "--quota-code L-36FBB829"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			env := localecstest.Start(t, test.config)
			if test.world != nil {
				test.world(t, env)
			}
			wantOnly(t, examine(t, template(test.change)), append(test.also, test.want)...)
		})
	}
}

// run starts tasks of a quarter of a vCPU.
func run(t *testing.T, e *localecstest.Env, count int32) {
	t.Helper()
	_, err := e.Client.RunTask(t.Context(), &awsecs.RunTaskInput{
		Cluster: aws.String("ci"), TaskDefinition: aws.String("ci"), Count: &count,
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-local-a"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestExamine_NoCredentials_IsTheOnlyFinding(t *testing.T) {
	localecstest.Start(t, localecs.Config{})
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	for _, name := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
		t.Setenv(name, "/dev/null")
	}
	findings := examine(t, template(nil))
	wantOnly(t, findings, doctor.Finding{Level: doctor.Failure, Subject: "credentials", What: "there are no AWS credentials", Fix: "aws sts get-caller-identity"})
	if len(findings) != 1 {
		t.Errorf("%d findings, want one: %+v", len(findings), findings)
	}
}

func TestExamine_CredentialsRefused_IsTheOnlyFinding(t *testing.T) {
	for _, code := range []string{"InvalidClientTokenId", "ExpiredToken"} {
		t.Run(code, func(t *testing.T) {
			env := localecstest.Start(t, localecs.Config{})
			env.FailNext("GetCallerIdentity", 9, localecs.ErrorFault(localecs.APIError{Code: code, Message: "no", Status: 403}))
			findings := examine(t, template(nil))
			wantOnly(t, findings, doctor.Finding{Level: doctor.Failure, Subject: "credentials", Fix: "aws sts get-caller-identity"})
			if len(findings) != 1 {
				t.Errorf("%d findings, want one: %+v", len(findings), findings)
			}
		})
	}
}

func TestExamine_AWSDoesNotAnswer_WarnsAndEnds(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	env.FailNext("DescribeRouteTables", 1000, localecs.HangFault())
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	findings := doctor.ExamineFile(ctx, inspect.New(&ecs.Clients{}), template(nil))
	if doctor.Failed(findings) {
		t.Errorf("silence is taken for a failure: %+v", findings)
	}
	warned := map[string]bool{}
	for _, f := range findings {
		warned[f.Subject] = f.Level == doctor.Warning && strings.HasPrefix(f.What, "not checked: ")
	}
	if !warned["way out"] || warned["cluster"] {
		t.Errorf("warned of %v, want the way out: %+v", warned, findings)
	}
}
