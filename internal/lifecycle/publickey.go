package lifecycle

import (
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// checkPublicKey stalls a job whose task nobody could log in to. The API server
// sees the form of a key alone.
func checkPublicKey(job *v1alpha1.FargateJob) error {
	// Without its comment, in which the parser looks for a key as well.
	fields := strings.Fields(job.Spec.SSHPublicKey)
	line := strings.Join(fields[:min(len(fields), 2)], " ")
	if _, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line)); err != nil {
		return Stallf(v1alpha1.ReasonInvalidParameter, "spec.sshPublicKey is not a valid public key: create the FargateJob again "+
			"with the whole line of a .pub file that ssh-keygen has written: %s", err)
	}
	return nil
}
