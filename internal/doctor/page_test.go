package doctor_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/test/docs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

var update = flag.Bool("update", false, "write what fargate doctor prints into docs/doctor.md")

func TestPage_ShowsWhatTheDoctorPrints(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{
		Region:         "us-east-2",
		Subnets:        []localecs.Subnet{{ID: "subnet-0a1b2c3d", Zone: "a", Way: "nat-0a1b2c3d"}},
		SecurityGroups: []string{"sg-0a1b2c3d"},
	})
	if _, err := env.Client.CreateCluster(t.Context(), &awsecs.CreateClusterInput{ClusterName: aws.String("test-cluster")}); err != nil {
		t.Fatal(err)
	}
	env.Define(t, "test-task", seed.Container(localecstest.Idle, 22))

	const file = "../../docs/doctor.md"
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	page := docs.Parse(file, source)
	got, err := page.Run(t.Context(), shell(t, page), func(b docs.Block) bool { return b.Language == docs.Transcript })
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(source, got) {
		return
	}
	if !*update {
		t.Fatalf("the doctor prints something else than docs/doctor.md shows (-page +doctor); "+
			"if it is right: go test ./internal/doctor -run Page -update\n%s", cmp.Diff(string(source), string(got)))
	}
	if err := os.WriteFile(file, got, 0o600); err != nil {
		t.Fatal(err)
	}
}

// shell has the program, the page's fargate.toml and the directory named there.
func shell(t *testing.T, page *docs.Page) docs.Shell {
	t.Helper()
	dir, programs := t.TempDir(), t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(programs, "fargate"), "../../cmd/fargate")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v\n%s", err, out)
	}
	if err := os.Mkdir(filepath.Join(dir, "metadata"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, block := range page.Blocks {
		if block.Language == "toml" {
			if err := os.WriteFile(filepath.Join(dir, "fargate.toml"), []byte(block.Text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return docs.Shell{Dir: dir, Env: append(os.Environ(), "PATH="+programs+":/usr/bin:/bin", "AWS_ACCESS_KEY_ID=gitlab-runner")}
}
