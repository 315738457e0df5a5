package images_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/sshrun"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

const (
	name = "ci-coordinator"
	port = 2222
)

// cloud is a local ECS that has the entry point's container.
type cloud struct {
	*localecstest.Env
	t   *testing.T
	dir string
}

// start starts a local ECS whose task definition "ci" is the entry point, run by
// a shell command.
func start(t *testing.T, command string, adjust ...func(*types.ContainerDefinition)) *cloud {
	t.Helper()
	entrypoint, err := filepath.Abs("entrypoint.sh")
	if err != nil {
		t.Fatal(err)
	}
	c := &cloud{t: t, dir: t.TempDir()}
	c.Env = localecstest.Start(t, localecs.Config{
		Dir:    c.dir,
		Images: map[string][]string{"image": {"sh", "-c", command, "sh", entrypoint}},
	})
	container := seed.Container("image", port)
	for _, change := range adjust {
		change(&container)
	}
	c.Define(t, "ci", container)
	return c
}

// run runs a task whose container has a variable SSH_PUBLIC_KEY, and waits until
// it is in a state.
func (c *cloud) run(publicKey, state string) *types.Task {
	c.t.Helper()
	out, err := c.Client.RunTask(c.t.Context(), &ecs.RunTaskInput{
		Cluster:        aws.String("ci"),
		TaskDefinition: aws.String("ci"),
		NetworkConfiguration: &types.NetworkConfiguration{
			AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-local-a"}},
		},
		Overrides: &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{
			Name:        aws.String(name),
			Environment: []types.KeyValuePair{{Name: aws.String("SSH_PUBLIC_KEY"), Value: aws.String(publicKey)}},
		}}},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	arn := *out.Tasks[0].TaskArn
	return c.await(arn, "is "+state, func(task *types.Task) bool { return aws.ToString(task.LastStatus) == state })
}

// await waits until a task meets a condition.
func (c *cloud) await(arn, what string, holds func(*types.Task) bool) *types.Task {
	c.t.Helper()
	var task types.Task
	eventually.Shows(c.t, "the task "+what, func() (bool, string) {
		out, err := c.Client.DescribeTasks(c.t.Context(), &ecs.DescribeTasksInput{Cluster: aws.String("ci"), Tasks: []string{arn}})
		if err != nil || len(out.Tasks) != 1 {
			c.t.Fatalf("%d tasks, error %v, want the task %s", len(out.Tasks), err, arn)
		}
		task = out.Tasks[0]
		return holds(&task), aws.ToString(task.LastStatus) + "\n" + c.log(arn)
	})
	return &task
}

// log returns what a task's container has printed.
func (c *cloud) log(arn string) string {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, path.Base(arn)+"-"+name+".log"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // There is none before the container starts.
		c.t.Fatal(err)
	}
	return string(text)
}

// home is the home directory of a task's container.
func (c *cloud) home(task *types.Task) string {
	return filepath.Join(c.dir, path.Base(*task.TaskArn), name)
}

// connect logs in to a task as a user, as soon as sshd answers.
func (c *cloud) connect(task *types.Task, user string, key ssh.Signer) (*sshrun.Client, error) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), eventually.Patience)
	defer cancel()
	target := sshrun.Target{
		Host: *task.Containers[0].NetworkInterfaces[0].PrivateIpv4Address, Port: port, User: user, Key: key,
	}
	client, err := sshrun.WaitReachable(ctx, target, nil)
	if err == nil {
		c.t.Cleanup(func() { _ = client.Close() })
	}
	return client, err
}

// output logs in to a task and returns what a script prints there.
func (c *cloud) output(task *types.Task, user string, key ssh.Signer, script string) string {
	c.t.Helper()
	client, err := c.connect(task, user, key)
	if err != nil {
		c.t.Fatalf("%v\n%s", err, c.log(*task.TaskArn))
	}
	var stdout, stderr strings.Builder
	err = client.Run(c.t.Context(), sshrun.Script{Body: strings.NewReader(script), Stdout: &stdout, Stderr: &stderr})
	if err != nil {
		c.t.Fatalf("%v\n%s%s", err, stdout.String(), stderr.String())
	}
	return stdout.String() + stderr.String()
}

// newKey returns a new key, and the line that authorizes it.
func newKey(t *testing.T) (key ssh.Signer, line string) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err = ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return key, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key.PublicKey())))
}
