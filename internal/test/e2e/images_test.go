package e2e

import (
	"path/filepath"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

// taskImage runs the entry point of the task images as a container of the local
// ECS: only on the task's address, with a home directory in /tmp.
const taskImage = `exec sh "$0" -o ListenAddress="${LOCALECS_ADDRESSES%%,*}" -o StrictModes=no`

func TestJob_InATaskImage_RunsFromEndToEnd(t *testing.T) {
	entrypoint, err := filepath.Abs("../../../images/entrypoint.sh")
	if err != nil {
		t.Fatal(err)
	}
	container := seed.Container(builtInImage, devstack.Port)
	container.EntryPoint = []string{"sh", "-c", taskImage, entrypoint}
	for name, start := range bothModes() {
		t.Run(name, func(t *testing.T) {
			m := start(t)
			job := newJob(t)
			job.Script = append(job.Script, `echo "it runs in $AWS_EXECUTION_ENV"`)
			job.Artifacts = true
			var log lockedBuffer
			if result := m.runnerOf(t, container).Run(t.Context(), job, &log); result.Err != nil {
				t.Fatalf("%v\n%s", result.Err, log.String())
			}
			assertContains(t, log.String(), "It works!", "it runs in AWS_ECS_FARGATE", "Uploading artifacts")
			m.assertNothingLeft(t)
		})
	}
}
