// Package anyimage_test runs tasks of derived definitions in the local ECS, as real
// containers of images that know nothing of this project.
package anyimage_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
	"github.com/fargate-operator/fargate-operator/internal/ecs/derive"
	"github.com/fargate-operator/fargate-operator/internal/sshrun"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/oci"
	"github.com/fargate-operator/fargate-operator/internal/test/ociimage"
	"github.com/fargate-operator/fargate-operator/internal/test/ociregistry"
)

// port is where the gateway listens in the tests' tasks.
const port = 2222

// bench is a local ECS with real containers, and a registry with the images agent
// and busybox.
type bench struct {
	*localecstest.Env
	t       *testing.T
	dir     string
	agent   string
	busybox string
	key     ssh.Signer
}

// newBench skips the test where containers cannot run.
func newBench(t *testing.T) *bench {
	t.Helper()
	if err := oci.Check(); err != nil {
		t.Skip(err)
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, dir: t.TempDir()}
	if b.key, err = ssh.NewSignerFromKey(private); err != nil {
		t.Fatal(err)
	}
	b.Env = localecstest.Start(t, localecs.Config{Dir: b.dir, Runtime: localecs.Containers})
	registry, err := ociregistry.Start(ociregistry.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = registry.Close() })
	busybox, err := ociimage.Busybox()
	if err != nil {
		t.Fatal(err)
	}
	b.busybox = push(t, registry, "busybox:1", busybox)
	agent, err := ociimage.Append(empty.Image, compileAgent(t), v1.Config{Entrypoint: []string{"/agent"}})
	if err != nil {
		t.Fatal(err)
	}
	b.agent = push(t, registry, "agent:1", agent)
	return b
}

func push(t *testing.T, registry *ociregistry.Registry, name string, image v1.Image) string {
	t.Helper()
	reference, err := registry.Push(name, image)
	if err != nil {
		t.Fatal(err)
	}
	return reference
}

// compileAgent returns a directory with the agent, as it is shipped.
func compileAgent(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", filepath.Join(dir, "agent"), "../../../cmd/agent")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("compiling the agent: %v\n%s", err, out)
	}
	return dir
}

// run runs a task of the derived definition, and waits until it is RUNNING.
func (b *bench) run(task *derive.Task) *types.Task {
	b.t.Helper()
	in, err := derive.Registration(task)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.Client.RegisterTaskDefinition(b.t.Context(), in); err != nil {
		b.t.Fatal(err)
	}
	out, err := b.Client.RunTask(b.t.Context(), &ecs.RunTaskInput{
		Cluster: aws.String("ci"), TaskDefinition: in.Family,
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-local-a"}}},
		Overrides: &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{
			Name:        aws.String(derive.Coordinator),
			Environment: []types.KeyValuePair{{Name: aws.String("SSH_PUBLIC_KEY"), Value: aws.String(string(ssh.MarshalAuthorizedKey(b.key.PublicKey())))}},
		}}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return b.await(*out.Tasks[0].TaskArn, "RUNNING")
}

// await waits until a task is in a state.
func (b *bench) await(arn, state string) *types.Task {
	b.t.Helper()
	var task types.Task
	eventually.Shows(b.t, "the task is "+state, func() (bool, string) {
		task = *b.describe(arn)
		return aws.ToString(task.LastStatus) == state, aws.ToString(task.LastStatus) + ": " + aws.ToString(task.StoppedReason) + "\n" + b.logs()
	})
	return &task
}

func (b *bench) describe(arn string) *types.Task {
	b.t.Helper()
	out, err := b.Client.DescribeTasks(context.WithoutCancel(b.t.Context()), &ecs.DescribeTasksInput{Cluster: aws.String("ci"), Tasks: []string{arn}})
	if err != nil || len(out.Tasks) != 1 {
		b.t.Fatalf("%d tasks, error %v, want the task %s", len(out.Tasks), err, arn)
	}
	return &out.Tasks[0]
}

// logs are what all containers have written.
func (b *bench) logs() string {
	files, err := filepath.Glob(filepath.Join(b.dir, "*.log"))
	if err != nil {
		b.t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			b.t.Fatal(err)
		}
		all.WriteString(filepath.Base(file) + ":\n" + string(text))
	}
	return all.String()
}

func (b *bench) target(task *types.Task, container string) sshrun.Target {
	return sshrun.Target{
		Host: *task.Containers[0].NetworkInterfaces[0].PrivateIpv4Address, Port: port, User: container, Key: b.key,
	}
}

// script runs a script in a container, as the executor does.
func (b *bench) script(task *types.Task, container, text string) (output string, err error) {
	b.t.Helper()
	client := b.connect(task, container)
	defer func() { _ = client.Close() }()
	var printed bytes.Buffer
	err = client.Run(b.t.Context(), sshrun.Script{Body: strings.NewReader(text), Stdout: &printed, Stderr: &printed})
	return printed.String(), err
}

// connect logs in once the gateway listens, which takes a moment longer than ECS
// does.
func (b *bench) connect(task *types.Task, container string) *sshrun.Client {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), eventually.Patience)
	defer cancel()
	client, err := sshrun.WaitReachable(ctx, b.target(task, container), nil)
	if err != nil {
		b.t.Fatalf("%v\n%s", err, b.logs())
	}
	return client
}

// startServices has the gateway start services.
func (b *bench) startServices(task *types.Task, services ...protocol.Service) {
	b.t.Helper()
	input, err := json.Marshal(services)
	if err != nil {
		b.t.Fatal(err)
	}
	_ = b.connect(task, "gateway").Close()
	client, err := ssh.Dial("tcp", b.target(task, "gateway").Address(), &ssh.ClientConfig{
		User: "gateway", Auth: []ssh.AuthMethod{ssh.PublicKeys(b.key)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: eventually.Patience,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	session, err := client.NewSession()
	if err != nil {
		b.t.Fatal(err)
	}
	session.Stdin = bytes.NewReader(input)
	if out, err := session.CombinedOutput("services start"); err != nil {
		b.t.Fatalf("starting the services: %v\n%s%s", err, out, b.logs())
	}
}

// task is a task of busybox alone.
func (b *bench) task() *derive.Task {
	image := derive.Image{Reference: b.busybox}
	architecture := types.CPUArchitectureX8664
	if runtime.GOARCH == "arm64" {
		architecture = types.CPUArchitectureArm64
	}
	return &derive.Task{
		Agent: derive.Image{Reference: b.agent}, Helper: image, Job: image,
		Architecture: architecture, Compatibility: types.CompatibilityFargate, CPU: 1024, Memory: 2048,
		BuildsDir: "/builds", CacheDir: "/cache", Port: port,
	}
}
