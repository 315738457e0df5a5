package localecs_test

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/oci"
	"github.com/fargate-operator/fargate-operator/internal/test/ociimage"
	"github.com/fargate-operator/fargate-operator/internal/test/ociregistry"
)

var busybox = sync.OnceValues(ociimage.Busybox)

// realEnv is a local ECS with real containers, and a registry with the image
// busybox.
type realEnv struct {
	*env
	registry *ociregistry.Registry
	image    string
}

// startReal starts a server, or skips the test where containers cannot run.
func startReal(t *testing.T, adjust ...func(*localecs.Config)) *realEnv {
	t.Helper()
	if err := oci.Check(); err != nil {
		t.Skip(err)
	}
	adjust = append(adjust, func(c *localecs.Config) { c.Runtime = localecs.Containers })
	e := &realEnv{env: startEmpty(t, adjust...)}
	e.createCluster("ci")
	e.registry = startRegistry(t, ociregistry.Config{})
	e.image = push(t, e.registry, v1.Config{})
	return e
}

func startRegistry(t *testing.T, config ociregistry.Config) *ociregistry.Registry {
	t.Helper()
	registry, err := ociregistry.Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := registry.Close(); err != nil {
			t.Error(err)
		}
	})
	return registry
}

// push stores busybox with a configuration and returns its whole name.
func push(t *testing.T, registry *ociregistry.Registry, config v1.Config) string {
	t.Helper()
	base, err := busybox()
	if err != nil {
		t.Fatal(err)
	}
	image, err := ociimage.Append(base, t.TempDir(), config)
	if err != nil {
		t.Fatal(err)
	}
	reference, err := registry.Push("busybox:1", image)
	if err != nil {
		t.Fatal(err)
	}
	return reference
}

// container is a container that runs a shell script.
func (e *realEnv) container(name, script string) types.ContainerDefinition {
	return types.ContainerDefinition{
		Name: aws.String(name), Image: aws.String(e.image), EntryPoint: []string{"/bin/sh", "-c"}, Command: []string{script},
		StopTimeout: aws.Int32(5),
	}
}

// start registers a task definition and runs a task of it.
func (e *realEnv) start(volumes []string, containers ...types.ContainerDefinition) (arn string) {
	e.Helper()
	in := definition("real", containers...)
	for _, name := range volumes {
		in.Volumes = append(in.Volumes, types.Volume{Name: aws.String(name)})
	}
	out, err := e.ecs.RegisterTaskDefinition(e.Context(), in)
	if err != nil {
		e.Fatal(err)
	}
	return e.run(func(in *ecs.RunTaskInput) { in.TaskDefinition = out.TaskDefinition.TaskDefinitionArn })
}

// output returns what a container has written.
func (e *realEnv) output(task types.Task, container string) string {
	e.Helper()
	text, err := os.ReadFile(filepath.Join(e.dir, taskID(task)+"-"+container+".log"))
	if err != nil {
		e.Fatal(err)
	}
	return string(text)
}

func taskID(task types.Task) string {
	return (*task.TaskArn)[strings.LastIndexByte(*task.TaskArn, '/')+1:]
}

// wantOutput checks what a container has written and its exit code.
func (e *realEnv) wantOutput(task types.Task, container, want string, exitCode int32) {
	e.Helper()
	for _, c := range task.Containers {
		if *c.Name == container && (c.ExitCode == nil || *c.ExitCode != exitCode) {
			e.Errorf("container %s: exit code %d, want %d (%s, %s)", container, aws.ToInt32(c.ExitCode), exitCode,
				aws.ToString(c.Reason), aws.ToString(task.StoppedReason))
		}
	}
	if diff := cmp.Diff(want, e.output(task, container)); diff != "" {
		e.Errorf("output of %s (-want +got):\n%s", container, diff)
	}
}

func TestRealContainers_WhatRuns(t *testing.T) {
	e := startReal(t)
	image := v1.Config{
		Entrypoint: []string{"/bin/sh", "-c"}, Cmd: []string{"echo from the image"},
		Env: []string{"A=image", "B=image"}, User: "nobody:staff", WorkingDir: "/made/here",
	}
	e.image = push(t, e.registry, image)
	script := `echo $A $B $C $HOME; id -u; id -g; pwd; exit 3`
	for name, tc := range map[string]struct {
		adjust   func(*types.ContainerDefinition)
		want     string
		exitCode int32
	}{
		"what the image says": {
			func(c *types.ContainerDefinition) { c.EntryPoint, c.Command = nil, nil },
			"from the image\n", 0,
		},
		"another command": {
			func(c *types.ContainerDefinition) { c.EntryPoint = nil },
			"image image /home\n65534\n50\n/made/here\n3 gone\n", 7,
		},
		"an entry point drops the image's command": {
			func(c *types.ContainerDefinition) { c.EntryPoint, c.Command = []string{"/bin/echo", "only this"}, nil },
			"only this\n", 0,
		},
		"the definition's environment, user and directory": {
			func(c *types.ContainerDefinition) {
				c.Environment = []types.KeyValuePair{{Name: aws.String("B"), Value: aws.String("definition")}, {Name: aws.String("C"), Value: aws.String("new")}}
				c.User, c.WorkingDirectory = aws.String("12:34"), aws.String("/tmp")
			},
			"image definition new /\n12\n34\n/tmp\n3 gone\n", 7,
		},
		"root by name": {
			func(c *types.ContainerDefinition) { c.User = aws.String("root") },
			"image image /root\n0\n0\n/made/here\n3 gone\n", 7,
		},
		"an init process": {
			func(c *types.ContainerDefinition) {
				c.Command = []string{"cat /proc/1/comm"}
				c.LinuxParameters = &types.LinuxParameters{InitProcessEnabled: aws.Bool(true)}
			},
			"docker-init\n", 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := *e
			copied := *e.env
			copied.T = t
			e.env = &copied
			main := e.container("main", "("+script+"); echo $? gone; exit 7")
			tc.adjust(&main)
			e.wantOutput(e.await(e.start(nil, main), "STOPPED"), "main", tc.want, tc.exitCode)
		})
	}
}

func TestRealContainers_CannotStart(t *testing.T) {
	e := startReal(t)
	for name, tc := range map[string]struct {
		adjust func(*types.ContainerDefinition)
		want   string
	}{
		"program that is not there": {
			func(c *types.ContainerDefinition) { c.EntryPoint = []string{"absent"} },
			`exec: "absent": executable file not found in $PATH`,
		},
		"user that is not there": {
			func(c *types.ContainerDefinition) { c.User = aws.String("absent") },
			"unable to find user absent: no matching entries in passwd file",
		},
		"nothing to run": {
			func(c *types.ContainerDefinition) { c.EntryPoint, c.Command = nil, nil }, "no command specified",
		},
	} {
		t.Run(name, func(t *testing.T) {
			main := e.container("main", "true")
			tc.adjust(&main)
			task := e.await(e.start(nil, main), "STOPPED")
			if task.StopCode != types.TaskStopCodeTaskFailedToStart ||
				!strings.HasPrefix(*task.StoppedReason, "CannotStartContainerError: ") || !strings.Contains(*task.StoppedReason, tc.want) {
				t.Errorf("stopped with %s: %s, want %s", task.StopCode, *task.StoppedReason, tc.want)
			}
		})
	}
}

func TestRealContainers_VolumeFromAnInitContainer(t *testing.T) {
	t.Parallel()
	e := startReal(t)
	mount := types.MountPoint{SourceVolume: aws.String("tools"), ContainerPath: aws.String("/opt/tools")}
	first := e.container("volumes", "stat -c '%u:%g %a' /opt/tools && ls -A /opt/tools && echo 'echo from the volume' > /opt/tools/run && chmod +x /opt/tools/run")
	first.Essential, first.MountPoints = aws.Bool(false), []types.MountPoint{mount}
	main := e.container("main", "/bin/sh /opt/tools/run; touch /opt/tools/more 2>&1")
	mount.ReadOnly = aws.Bool(true)
	main.MountPoints, main.DependsOn = []types.MountPoint{mount}, dependency("volumes", types.ContainerConditionSuccess)
	task := e.await(e.start([]string{"tools"}, main, first), "STOPPED")
	e.wantOutput(task, "volumes", "0:0 755\n", 0)
	e.wantOutput(task, "main", "from the volume\ntouch: /opt/tools/more: Read-only file system\n", 1)
}

func TestRealContainers_ShareNetworkAndHostsFile(t *testing.T) {
	t.Parallel()
	e := startReal(t)
	server := e.container("server", `echo "127.0.0.1 database" >> /etc/hosts; echo hello > /tmp/index.html; exec httpd -f -p 5432 -h /tmp`)
	server.HealthCheck = &types.HealthCheck{Command: []string{"CMD-SHELL", "wget -q -O /dev/null http://database:5432/"}, Interval: aws.Int32(5)}
	main := e.container("main", "wget -q -O - http://database:5432/; cat /etc/hostname; hostname")
	main.DependsOn = dependency("server", types.ContainerConditionHealthy)
	task := e.await(e.start(nil, main, server), "STOPPED")
	name := "ip-" + strings.ReplaceAll(*task.Containers[0].NetworkInterfaces[0].PrivateIpv4Address, ".", "-") + ".ec2.internal"
	e.wantOutput(task, "main", "hello\n"+name+"\n"+name+"\n", 0)
}

func TestRealContainers_TasksAreApart(t *testing.T) {
	t.Parallel()
	e := startReal(t)
	serve := func(text string) string {
		main := e.container("main", "echo "+text+" > /tmp/index.html; exec httpd -f -p 80 -h /tmp")
		return e.start(nil, main)
	}
	first, second := serve("first"), serve("second")
	for text, arn := range map[string]string{"first": first, "second": second} {
		address := *e.await(arn, "RUNNING").Containers[0].NetworkInterfaces[0].PrivateIpv4Address
		var got string
		eventually.Holds(t, text+" answers", func() bool {
			response, err := http.Get("http://" + net.JoinHostPort(address, "80") + "/index.html")
			if err != nil {
				return false
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			got = string(body)
			return err == nil
		})
		if got != text+"\n" {
			t.Errorf("%s answers %q", text, got)
		}
	}
}

func TestRealContainers_ReadOnlyRoot(t *testing.T) {
	t.Parallel()
	e := startReal(t)
	main := e.container("main", "touch /file 2>&1; touch /work/file && echo volume is writable")
	main.ReadonlyRootFilesystem = aws.Bool(true)
	main.MountPoints = []types.MountPoint{{SourceVolume: aws.String("work"), ContainerPath: aws.String("/work")}}
	task := e.await(e.start([]string{"work"}, main), "STOPPED")
	e.wantOutput(task, "main", "touch: /file: Read-only file system\nvolume is writable\n", 0)
}

func TestRealContainers_StopTask(t *testing.T) {
	for name, tc := range map[string]struct {
		script   string
		exitCode int32
	}{
		"SIGTERM lets a container end itself":   {`trap 'exit 5' TERM; echo ready; while :; do sleep 0.1; done`, 5},
		"SIGKILL follows after the stopTimeout": {`trap '' TERM; echo ready; while :; do sleep 1; done`, 137},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := startReal(t)
			main := e.container("main", tc.script)
			main.StopTimeout = aws.Int32(1)
			arn := e.start(nil, main)
			e.logged(arn, "main")
			e.stop(arn)
			e.wantOutput(e.await(arn, "STOPPED"), "main", "ready\n", tc.exitCode)
		})
	}
}

func TestRealContainers_CannotPull(t *testing.T) {
	t.Parallel()
	const secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:registry"
	closed := ociregistry.Config{Username: "ci", Password: "open sesame"}
	e := startReal(t, func(c *localecs.Config) {
		c.RegistryLogins = map[string]oci.Login{secret: {Username: closed.Username, Password: closed.Password}}
	})
	private := startRegistry(t, closed)
	image := push(t, private, v1.Config{})
	run := func(image, secret string) types.Task {
		main := e.container("main", "echo pulled")
		main.Image = aws.String(image)
		if secret != "" {
			main.RepositoryCredentials = &types.RepositoryCredentials{CredentialsParameter: aws.String(secret)}
		}
		return e.await(e.start(nil, main), "STOPPED")
	}
	e.wantOutput(run(image, secret), "main", "pulled\n", 0)
	for name, tc := range map[string]struct{ image, secret, want string }{
		"no log-in":                  {image, "", "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref " + image + ": unexpected status from HEAD request to "},
		"image that is not there":    {e.registry.Name("absent:1"), "", "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref " + e.registry.Name("absent:1") + ": " + e.registry.Name("absent:1") + ": not found"},
		"secret that is not there":   {image, secret + "2", "ResourceInitializationError: unable to pull secrets or registry auth: "},
		"registry that is not there": {"127.0.0.1:1/absent:1", "", "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 127.0.0.1:1/absent:1: failed to do request: "},
	} {
		task := run(tc.image, tc.secret)
		if task.StopCode != types.TaskStopCodeTaskFailedToStart || !strings.HasPrefix(*task.StoppedReason, tc.want) {
			t.Errorf("%s: stopped with %s: %s", name, task.StopCode, *task.StoppedReason)
		}
	}
}

func TestRealContainers_LeaveNothing(t *testing.T) {
	t.Parallel()
	e := startReal(t)
	main := e.container("main", "trap exit TERM; echo ready; while :; do sleep 0.1; done")
	main.MountPoints = []types.MountPoint{{SourceVolume: aws.String("work"), ContainerPath: aws.String("/work")}}
	stopped := e.start([]string{"work"}, main)
	arn := e.start([]string{"work"}, main, e.container("other", "sleep 600"))
	e.logged(arn, "main")
	task := e.describe(arn)
	e.stop(stopped)
	e.await(stopped, "STOPPED")
	if err := e.server.Close(); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{taskID(task), taskID(types.Task{TaskArn: &stopped})} {
		if left := traces(t, id); len(left) > 0 {
			t.Errorf("left of task %s: %v", id, left)
		}
	}
	address := *task.Containers[0].NetworkInterfaces[0].PrivateIpv4Address
	if routes := command(t, "ip", "route", "show", address); routes != "" {
		t.Errorf("left of the task's network: %s", routes)
	}
}

// traces lists what the machine has of a task: directories, mounts, processes.
func traces(t *testing.T, id string) []string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "localecs-containers-*", "sandboxes", id))
	if err != nil {
		t.Fatal(err)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(mounts), id) {
		left = append(left, string(mounts))
	}
	commands, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range commands {
		// Processes end meanwhile.
		if line, _ := os.ReadFile(file); strings.Contains(string(line), id) {
			left = append(left, file+": "+string(line))
		}
	}
	return left
}

func command(t *testing.T, args ...string) string {
	t.Helper()
	output, err := exec.Command(args[0], args[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v: %s", args, err, output)
	}
	return string(output)
}
