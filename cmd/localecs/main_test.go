package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/openssh"
)

const (
	patience = 30 * time.Second
	sshPort  = 2222
)

// TestMain makes the test binary the localecs program when it is started with
// one of its subcommands.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		main()
		return
	}
	os.Exit(m.Run())
}

// sshImages returns the SSH servers that a container can run, by image.
func sshImages(t *testing.T) map[string][]string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	images := map[string][]string{"built-in": {self, "sshd"}}
	if _, err := os.Stat("/usr/sbin/sshd"); err != nil || os.Geteuid() != 0 {
		t.Log("OpenSSH is left out: it needs root and /usr/sbin/sshd")
		return images
	}
	if images["OpenSSH"], err = openssh.Install(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	return images
}

// world is a local ECS with a cluster "ci" and a task definition for each image.
type world struct {
	ecs *ecs.Client
	ec2 *ec2.Client
}

func newWorld(t *testing.T, images map[string][]string) world {
	t.Helper()
	server, err := localecs.Start(localecs.Config{Images: images, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	w := newClients(server.URL())
	if _, err := w.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String("ci")}); err != nil {
		t.Fatal(err)
	}
	return w
}

func newClients(url string) world {
	config := aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(url), Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	}
	return world{ecs.NewFromConfig(config), ec2.NewFromConfig(config)}
}

// run starts a task with a public address and returns both addresses once it
// is RUNNING.
func (w world) run(t *testing.T, image string, publicKey ssh.PublicKey) (arn, private, public string) {
	t.Helper()
	definition, err := w.ecs.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("sshd"), Cpu: aws.String("256"), Memory: aws.String("512"), NetworkMode: types.NetworkModeAwsvpc,
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("main"), Image: &image, Environment: []types.KeyValuePair{
				{Name: aws.String("SSH_PORT"), Value: aws.String(strconv.Itoa(sshPort))},
				{Name: aws.String("SSH_PUBLIC_KEY"), Value: aws.String(string(bytes.TrimSpace(ssh.MarshalAuthorizedKey(publicKey))))},
			},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.ecs.RunTask(t.Context(), &ecs.RunTaskInput{
		Cluster: aws.String("ci"), TaskDefinition: definition.TaskDefinition.TaskDefinitionArn, LaunchType: types.LaunchTypeFargate,
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{
			Subnets: []string{"subnet-local-a"}, AssignPublicIp: types.AssignPublicIpEnabled,
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	arn = *out.Tasks[0].TaskArn
	interfaces := w.await(t, arn, "RUNNING").Attachments[0].Details
	for _, detail := range interfaces {
		if *detail.Name == "networkInterfaceId" {
			found, err := w.ec2.DescribeNetworkInterfaces(t.Context(), &ec2.DescribeNetworkInterfacesInput{
				NetworkInterfaceIds: []string{*detail.Value},
			})
			if err != nil {
				t.Fatal(err)
			}
			eni := found.NetworkInterfaces[0]
			return arn, *eni.PrivateIpAddress, *eni.Association.PublicIp
		}
	}
	t.Fatal("the task has no network interface")
	return "", "", ""
}

func (w world) await(t *testing.T, arn, status string) types.Task {
	t.Helper()
	var task types.Task
	eventually.Holds(t, "the task is "+status, func() bool {
		out, err := w.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: aws.String("ci"), Tasks: []string{arn}})
		if err != nil || len(out.Tasks) != 1 {
			t.Fatalf("describe %s: %v, %+v", arn, err, out)
		}
		task = out.Tasks[0]
		return *task.LastStatus == status
	})
	return task
}

func newKey(t *testing.T) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewSignerFromSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// connect waits until the server lets key in.
func connect(t *testing.T, host string, key ssh.Signer) *ssh.Client {
	t.Helper()
	var client *ssh.Client
	eventually.Holds(t, host+" answers SSH", func() (connected bool) {
		var err error
		client, err = dial(host, key)
		return err == nil
	})
	t.Cleanup(func() { client.Close() })
	return client
}

func dial(host string, key ssh.Signer) (*ssh.Client, error) {
	return ssh.Dial("tcp", net.JoinHostPort(host, strconv.Itoa(sshPort)), &ssh.ClientConfig{
		User: "root", Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}, Timeout: patience,
		HostKeyCallback: ssh.InsecureIgnoreHostKey(), // the server is this test's own
	})
}

func TestSSHServers_InATask(t *testing.T) {
	images := sshImages(t)
	w := newWorld(t, images)
	for image := range images {
		t.Run(image, func(t *testing.T) {
			key := newKey(t)
			arn, private, public := w.run(t, image, key.PublicKey())
			client := connect(t, private, key)

			if strange, err := dial(private, newKey(t)); err == nil {
				strange.Close()
				t.Error("an unknown key got in")
			}
			for name, host := range map[string]string{"private": private, "public": public} {
				if got := runs(t, connect(t, host, key), "cat; echo problem >&2; exit 7", "input", 7); got != "input" {
					t.Errorf("over the %s address: output %q", name, got)
				}
			}
			streams(t, client, 8<<20)

			session := startSession(t, client)
			if _, err := w.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: aws.String("ci"), Task: &arn}); err != nil {
				t.Fatal(err)
			}
			w.await(t, arn, "STOPPED")
			if syscall.Kill(session, 0) == nil {
				t.Errorf("the session's process %d outlives its task", session)
			}
		})
	}
}

// startSession starts a command that only SIGKILL ends, and returns its process
// id.
func startSession(t *testing.T, client *ssh.Client) (pid int) {
	t.Helper()
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start("trap '' TERM HUP; echo $$; while :; do sleep 0.05; done"); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if pid, err = strconv.Atoi(strings.TrimSpace(line)); err != nil {
		t.Fatal(err)
	}
	return pid
}

// runs runs a command that ends with the given code and returns its output.
func runs(t *testing.T, client *ssh.Client, command, stdin string, code int) string {
	t.Helper()
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	var stdout, stderr bytes.Buffer
	session.Stdin, session.Stdout, session.Stderr = strings.NewReader(stdin), &stdout, &stderr
	err = session.Run(command)
	var exit *ssh.ExitError
	if !errors.As(err, &exit) || exit.ExitStatus() != code {
		t.Errorf("command ended with %v, want exit status %d", err, code)
	}
	if stderr.String() != "problem\n" {
		t.Errorf("standard error %q", stderr.String())
	}
	return stdout.String()
}

// streams checks that the output arrives whole.
func streams(t *testing.T, client *ssh.Client, size int) {
	t.Helper()
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	output, err := session.Output("head -c " + strconv.Itoa(size) + " /dev/zero")
	if err != nil || len(output) != size || len(bytes.Trim(output, "\x00")) != 0 {
		t.Errorf("%d bytes arrived of %d, %v", len(output), size, err)
	}
}

func TestServe_PrintsTheEndpointAndStopsAtSIGTERM(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(self, "serve", "--image", "sleeper=sleep 600", "--provisioning", "0s")
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	url, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	out, err := newClients(strings.TrimSpace(url)).ecs.ListClusters(t.Context(), &ecs.ListClustersInput{})
	if err != nil || len(out.ClusterArns) != 0 {
		t.Errorf("clusters %v, %v", out, err)
	}
	if err := command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

func TestCommands_BadInput_SaysWhatIsWrong(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"address that others can reach": {[]string{"serve", "--listen", "0.0.0.0:0"}, "must be a loopback address"},
		"image without a command":       {[]string{"serve", "--image", "name"}, "must be name=command"},
		"no environment":                {[]string{"sshd"}, "LOCALECS_ADDRESSES is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			command := newCommand()
			command.SetArgs(tc.args)
			if err := command.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}
