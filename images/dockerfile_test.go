package images_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// dockerfiles are the Dockerfiles by the name of their image.
func dockerfiles(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found[filepath.Dir(file)] = string(text)
	}
	if len(found) == 0 {
		t.Fatal("no Dockerfiles")
	}
	return found
}

// pinned matches an image with a tag that names a version including its minor
// number.
var pinned = regexp.MustCompile(`^[a-z/-]+:\S*\d+\.\d+\S*$`)

func TestDockerfiles_Images_ArePinned(t *testing.T) {
	images := regexp.MustCompile(`(?m)^FROM (\S+)|--from=(\S+)`)
	for name, text := range dockerfiles(t) {
		for _, match := range images.FindAllStringSubmatch(text, -1) {
			if image := match[1] + match[2]; !pinned.MatchString(image) {
				t.Errorf("%s: %s has no tag with a version", name, image)
			}
		}
	}
}

func TestDockerfiles_DifferInTheirBaseOnly(t *testing.T) {
	var want string
	for name, text := range dockerfiles(t) {
		_, steps, found := strings.Cut(text, "\n\n")
		if want == "" {
			want = steps
		}
		if !found || steps != want {
			t.Errorf("%s: its steps differ from the other's: copy them", name)
		}
	}
}

// healthCheck is the command of the images' health check.
func healthCheck(t *testing.T) string {
	t.Helper()
	match := regexp.MustCompile(`(?m)^HEALTHCHECK .*CMD (.*)$`).FindStringSubmatch(dockerfiles(t)["debian"])
	if match == nil {
		t.Fatal("no HEALTHCHECK in the Dockerfile")
	}
	return match[1]
}

func TestHealthCheck_OfTheDocument_IsTheImages(t *testing.T) {
	document, err := os.ReadFile("../docs/task-images.md")
	if err != nil {
		t.Fatal(err)
	}
	if command := strings.ReplaceAll(healthCheck(t), `"`, `\"`); !strings.Contains(string(document), `"`+command+`"`) {
		t.Errorf("docs/task-images.md does not have the health check %s", command)
	}
}

func TestHealthCheck_TellsWhetherSSHDAnswers(t *testing.T) { asBoth(t, healthCheckTells) }

func healthCheckTells(t *testing.T, user account) {
	t.Helper()
	// A task of the local ECS does not have its own 127.0.0.1.
	command := strings.ReplaceAll(healthCheck(t), "127.0.0.1", "${LOCALECS_ADDRESSES%%,*}")
	key, line := newKey(t)
	for status, container := range map[types.HealthStatus]string{
		types.HealthStatusHealthy:   user.container(""),
		types.HealthStatusUnhealthy: "exec sleep 600",
	} {
		t.Run(string(status), func(t *testing.T) {
			c := start(t, container, func(container *types.ContainerDefinition) {
				container.HealthCheck = &types.HealthCheck{
					Command: []string{"CMD-SHELL", command}, Interval: aws.Int32(5), Timeout: aws.Int32(3), Retries: aws.Int32(1),
				}
			})
			task := c.run(line, running)
			c.await(*task.TaskArn, "is "+string(status), func(task *types.Task) bool { return task.HealthStatus == status })
			if status == types.HealthStatusHealthy {
				c.output(task, user.name, key, "true") // Health checks do not lock out anybody.
			}
		})
	}
}
