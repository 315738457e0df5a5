package e2e

import (
	"path/filepath"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

// fips runs the entry point of the task images with a server that accepts what
// one in FIPS mode does.
const fips = taskImage + ` -o PubkeyAcceptedAlgorithms=ecdsa-sha2-nistp256,rsa-sha2-512`

func TestJob_SSHServerAcceptsNoEd25519_NeedsAKeyType(t *testing.T) {
	entrypoint, err := filepath.Abs("../../../images/entrypoint.sh")
	if err != nil {
		t.Fatal(err)
	}
	client, err := stack.ECS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const family = "fips"
	if _, err := seed.TaskDefinition(t.Context(), client, family, loggingContainer("sh", "-c", fips, entrypoint)); err != nil {
		t.Fatal(err)
	}
	for mode, start := range settingRunners {
		t.Run(mode, func(t *testing.T) {
			var log lockedBuffer
			if result := start(t, setting{taskDefinition: family}).Run(t.Context(), newJob(t), &log); result.Err == nil {
				t.Error("the job succeeded with an Ed25519 key")
			}
			assertContains(t, log.String(), "refused user", "ssh-ed25519")
			if mode == "standalone" {
				assertContains(t, log.String(), "accepts no keys of this type", "not in PubkeyAcceptedAlgorithms")
			}
			for _, kind := range []string{"ECDSA", "RSA"} {
				runner := start(t, setting{taskDefinition: family, ssh: "KeyType = '" + kind + "'"})
				if result := runner.Run(t.Context(), newJob(t), &log); result.Err != nil {
					t.Errorf("%s: %v\n%s", kind, result.Err, log.String())
				}
			}
			assertNothingLeft(t)
		})
	}
}
