package guide_test

import (
	"bytes"
	"context"
	_ "embed"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/test/fakerunner"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/openssh"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

// The files of step 4, exactly as in the guide.
var (
	//go:embed testdata/config.toml
	configTOML []byte
	//go:embed testdata/fargate.toml
	fargateTOML []byte
)

const (
	// image stands in for the image of step 1.
	image = "fargate-driver-debian"
	// instanceRole is the access key of the runner's machine.
	instanceRole = "fargate-test-instance"
	// jobTimeout is well above the half minute that the guide's job takes.
	jobTimeout = 5 * time.Minute
)

// job is the job of step 7.
var job = fakerunner.Job{
	ID: 1, Name: "test", ProjectPath: "group/project", ProjectID: 1, PipelineID: 1, Ref: "main",
	Script: []string{`echo "It works!"`, `for i in $(seq 1 30); do echo "."; sleep 1; done`},
}

func TestGuide_FromStepFourToItsCleanUp_WorksWithTheGuidesOwnFiles(t *testing.T) {
	account := startAWS(t)
	runner := installRunner(t, account)

	account.createCluster(t)
	account.createTaskDefinition(t)
	log, result := run(t, runner)
	if result.Err == nil {
		t.Errorf("a job runs in a cluster without a default capacity provider strategy:\n%s", log)
	}
	assertContains(t, log, "No Container Instances were found in your cluster.", "default capacity provider strategy")

	account.setDefaultStrategy(t)
	log, result = run(t, runner)
	if result.Err != nil {
		t.Fatalf("%v\n%s", result.Err, log)
	}
	assertContains(t, log, "It works!")
	if dots := len(dotLine.FindAllString(log, -1)); dots != 30 {
		t.Errorf("the log has %d lines with a dot, want 30:\n%s", dots, log)
	}
	if address := addressOf(t, log); !publicAddresses.Contains(address) {
		t.Errorf("the task was reached at %s, want its public address", address)
	}
	assertNothingLeft(t, account)
}

// amazon is the account of the guide's reader.
type amazon struct {
	server *localecs.Server
	api    *ecs.Client
}

// startAWS is an account with the subnet and the security group of fargate.toml.
func startAWS(t *testing.T) *amazon {
	t.Helper()
	server, err := openssh.Install(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	local, err := localecs.Start(localecs.Config{
		Region:         "us-east-2",
		Images:         map[string][]string{image: server},
		Subnets:        []localecs.Subnet{{ID: "subnet-xxxxxx", Zone: "a", Way: "igw-local"}},
		SecurityGroups: []string{"sg-xxxxxxxxxxxxx"},
		Delays:         localecs.Delays{Provisioning: 100 * time.Millisecond, Pending: 500 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := local.Close(); err != nil {
			t.Error(err)
		}
	})
	// What the managed policy of step 3 allows of these two services.
	policy, err := iam.Parse([]byte(`{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": ["ecs:*", "ec2:Describe*"], "Resource": ["*"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	local.SetPolicy(instanceRole, policy)
	config, err := awsconfig.LoadDefaultConfig(t.Context(),
		awsconfig.WithRegion("us-east-2"), awsconfig.WithBaseEndpoint(local.URL()),
		awsconfig.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("reader", "reader", "")))
	if err != nil {
		t.Fatal(err)
	}
	return &amazon{server: local, api: ecs.NewFromConfig(config)}
}

// installRunner is step 4.
func installRunner(t *testing.T, account *amazon) *fakerunner.Runner {
	t.Helper()
	for _, directory := range []string{"/opt/gitlab-runner/metadata", "/opt/gitlab-runner/builds", "/opt/gitlab-runner/cache", "/etc/gitlab-runner"} {
		if err := os.MkdirAll(directory, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	program, err := os.ReadFile(filepath.Join(os.Getenv(programsVariable), "fargate"))
	if err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string][]byte{
		"/etc/gitlab-runner/config.toml": configTOML, "/etc/gitlab-runner/fargate.toml": fargateTOML, "/opt/gitlab-runner/fargate": program,
	} {
		if err := os.WriteFile(path, content, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	runner, err := fakerunner.Load("/etc/gitlab-runner/config.toml")
	if err != nil {
		t.Fatal(err)
	}
	runner.Pause = 10 * time.Millisecond
	runner.Env = append(runner.Env, "AWS_ENDPOINT_URL="+account.server.URL())
	for name, value := range seed.Credentials() {
		runner.Env = append(runner.Env, name+"="+value)
	}
	runner.Env = append(runner.Env, "AWS_ACCESS_KEY_ID="+instanceRole)
	return runner
}

// createCluster is step 5 without its last point.
func (a *amazon) createCluster(t *testing.T) {
	t.Helper()
	if _, err := a.api.CreateCluster(t.Context(), &ecs.CreateClusterInput{
		ClusterName: aws.String("test-cluster"), CapacityProviders: []string{"FARGATE", "FARGATE_SPOT"},
	}); err != nil {
		t.Fatal(err)
	}
}

// setDefaultStrategy is the last point of step 5, which the guide's first
// troubleshooting entry is about.
func (a *amazon) setDefaultStrategy(t *testing.T) {
	t.Helper()
	if _, err := a.api.PutClusterCapacityProviders(t.Context(), &ecs.PutClusterCapacityProvidersInput{
		Cluster: aws.String("test-cluster"), CapacityProviders: []string{"FARGATE", "FARGATE_SPOT"},
		DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE")}},
	}); err != nil {
		t.Fatal(err)
	}
}

// createTaskDefinition is step 6.
func (a *amazon) createTaskDefinition(t *testing.T) {
	t.Helper()
	if _, err := a.api.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("test-task"), NetworkMode: types.NetworkModeAwsvpc, RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		Cpu: aws.String("256"), Memory: aws.String("512"),
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("ci-coordinator"), Image: aws.String(image),
			PortMappings: []types.PortMapping{{ContainerPort: aws.Int32(22), Protocol: types.TransportProtocolTcp}},
		}},
	}); err != nil {
		t.Fatal(err)
	}
}

// run is step 7.
func run(t *testing.T, runner *fakerunner.Runner) (log string, result fakerunner.Result) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), jobTimeout)
	defer cancel()
	var output bytes.Buffer
	result = runner.Run(ctx, job, &output)
	return output.String(), result
}

var dotLine = regexp.MustCompile(`(?m)^\.$`)

// publicAddresses are those of the local ECS.
var publicAddresses = netip.MustParsePrefix("127.96.0.0/11")

// addressOf is the address at which the job's task was reached.
func addressOf(t *testing.T, log string) netip.Addr {
	t.Helper()
	match := regexp.MustCompile(`connected to ([0-9.]+):22 as root`).FindStringSubmatch(log)
	if match == nil {
		t.Fatalf("the log does not say where the task was reached:\n%s", log)
	}
	return netip.MustParseAddr(match[1])
}

func assertContains(t *testing.T, log string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(log, part) {
			t.Errorf("%q is missing in:\n%s", part, log)
		}
	}
}

// assertNothingLeft looks for tasks and for files of jobs.
func assertNothingLeft(t *testing.T, account *amazon) {
	t.Helper()
	tasks, err := account.api.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: aws.String("test-cluster")})
	if err != nil {
		t.Fatal(err)
	}
	if len(tasks.TaskArns) != 0 {
		t.Errorf("tasks are left: %v", tasks.TaskArns)
	}
	entries, err := os.ReadDir("/opt/gitlab-runner/metadata")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if diff := cmp.Diff([]string{"installation"}, names); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
}
