package anyimage_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
	"github.com/fargate-operator/fargate-operator/internal/ecs/derive"
	"github.com/fargate-operator/fargate-operator/internal/sshrun"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
)

func TestTask_OfAnUnmodifiedImage_RunsScriptsInItsContainers(t *testing.T) {
	b := newBench(t)
	task := b.task()
	task.Job.User = "1000:1000"
	running := b.run(task)
	// The stages hand files on, as the same user in both containers.
	for _, step := range []struct{ container, script, want string }{
		{"helper", "id -u; mkdir -p /builds/group/project; echo sources >/builds/group/project/file", "1000\n"},
		{"job", "id -u; cat /builds/group/project/file; echo built >/builds/group/project/out; touch /cache/x", "1000\nsources\n"},
		{"helper", "cat /builds/group/project/out; ls /cache; rm -r /builds/group", "built\nx\n"},
		{"job", "test -e /builds/group || echo gone; ps | head -2 | tail -1 | awk '{print $1}'", "gone\n1\n"},
	} {
		if got, err := b.script(running, step.container, step.script); err != nil || got != step.want {
			t.Fatalf("%s: %q printed %q, %v, want %q\n%s", step.container, step.script, got, err, step.want, b.logs())
		}
	}
	_, err := b.script(running, "job", "exit 7")
	var exit *sshrun.ExitError
	if !errors.As(err, &exit) || exit.Code != 7 {
		t.Errorf("got %v, want exit code 7", err)
	}
	b.stop(running)
}

func TestTask_WithAService_ReachesItAndItsSecretIsNowhere(t *testing.T) {
	const secret = "correct-horse-battery"
	b := newBench(t)
	task := b.task()
	task.Services = []derive.Service{{Name: "svc-0", Image: derive.Image{Reference: b.busybox}}}
	running := b.run(task)
	b.startServices(running, protocol.Service{
		Name: "svc-0", Env: map[string]string{"PASSWORD": secret}, Entrypoint: []string{"/bin/sh", "-c"},
		Command: []string{`mkdir /www; printf %s "$PASSWORD" | md5sum >/www/index.html; trap exit TERM; httpd -f -p 8080 -h /www & wait`},
	})
	var page string
	eventually.Shows(t, "the service answers the job", func() (bool, string) {
		var err error
		page, err = b.script(running, "job", "wget -qO- http://127.0.0.1:8080/")
		return err == nil, page + b.logs()
	})
	if want, err := b.script(running, "job", "printf %s "+secret+" | md5sum"); err != nil || page != want {
		t.Errorf("the service has served %q, want %q, %v", page, want, err)
	}
	b.stop(running)

	definition, err := b.Client.DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: running.TaskDefinitionArn})
	if err != nil {
		t.Fatal(err)
	}
	for what, value := range map[string]any{"the task definition": definition, "the task": b.describe(*running.TaskArn), "a log": b.logs()} {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), secret) {
			t.Errorf("%s has the service's secret", what)
		}
	}
}

// stop stops a task, whose containers end at once and by themselves.
func (b *bench) stop(task *types.Task) {
	b.t.Helper()
	if _, err := b.Client.StopTask(b.t.Context(), &ecs.StopTaskInput{Cluster: aws.String("ci"), Task: task.TaskArn}); err != nil {
		b.t.Fatal(err)
	}
	for _, container := range b.await(*task.TaskArn, "STOPPED").Containers {
		if code := aws.ToInt32(container.ExitCode); code == 137 {
			b.t.Errorf("container %s had to be killed\n%s", *container.Name, b.logs())
		}
	}
}
