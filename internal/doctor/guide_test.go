package doctor_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/doctor"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

// guide has the troubleshooting entries of the guide to GitLab's driver, by the
// error that each is about, with its cause and how the doctor finds it.
var guide = map[string]struct {
	config localecs.Config
	find   func(*testing.T, *localecstest.Env) []doctor.Finding
	want   doctor.Finding
}{
	"InvalidParameterException: No Container Instances were found in your cluster.": {
		find: func(t *testing.T, e *localecstest.Env) []doctor.Finding {
			t.Helper()
			if _, err := e.Client.CreateCluster(t.Context(), &awsecs.CreateClusterInput{ClusterName: aws.String("bare")}); err != nil {
				t.Fatal(err)
			}
			return examine(t, template(func(t *v1alpha1.TaskTemplate) { t.Cluster = "bare" }))
		},
		want: doctor.Finding{Level: doctor.Failure, Subject: "capacity", Fix: "put-cluster-capacity-providers"},
	},
	"file does not exist": {
		find: func(t *testing.T, _ *localecstest.Env) []doctor.Finding {
			t.Helper()
			return []doctor.Finding{doctor.Directory(filepath.Join(t.TempDir(), "metadata"), true)}
		},
		want: doctor.Finding{Level: doctor.Failure, Subject: "metadata", Fix: "install -d"},
	},
	"connect: connection timed out": {
		config: localecs.Config{Ingress: map[string][]localecs.Rule{"sg-local": nil}},
		find: func(t *testing.T, _ *localecstest.Env) []doctor.Finding {
			t.Helper()
			return examine(t, template(nil))
		},
		want: doctor.Finding{Level: doctor.Failure, Subject: "security group", Fix: "authorize-security-group-ingress"},
	},
	"connect: connection refused": {
		find: func(t *testing.T, e *localecstest.Env) []doctor.Finding {
			t.Helper()
			define("unmapped", func(c *types.ContainerDefinition) { c.PortMappings = nil })(t, e)
			return examine(t, template(func(t *v1alpha1.TaskTemplate) { t.TaskDefinition = "unmapped" }))
		},
		want: doctor.Finding{Level: doctor.Failure, Subject: "task definition", Fix: "portMappings"},
	},
	"ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain": {
		config: localecs.Config{Images: images()},
		find: func(t *testing.T, e *localecstest.Env) []doctor.Finding {
			t.Helper()
			return try(t, e, refuses, time.Minute)
		},
		want: doctor.Finding{Level: doctor.Failure, Subject: "start of a task", What: "refused user", Fix: "$SSH_PUBLIC_KEY"},
	},
}

func TestGuide_EachTroubleshootingEntry_IsFound(t *testing.T) {
	page, err := os.ReadFile("../../docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	for message, entry := range guide {
		t.Run(message, func(t *testing.T) {
			wantOnly(t, entry.find(t, localecstest.Start(t, entry.config)), entry.want)
			for line := range strings.Lines(string(page)) {
				if strings.Contains(line, message) && strings.Contains(line, entry.want.Subject) {
					return
				}
			}
			t.Errorf("docs/troubleshooting.md does not name the finding %q for it", entry.want.Subject)
		})
	}
}

func TestTry_NothingListens_SaysWhereToLook(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	wantOnly(t, try(t, env, localecstest.Idle, time.Second),
		doctor.Finding{Level: doctor.Failure, Subject: "start of a task", What: "connection refused", Fix: "start sshd in the foreground"})
}
