package executor

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// JobStore keeps the FargateJobs of this executor and reports what happens to
// their tasks. Its errors are sentences for the job log.
type JobStore interface {
	// KeyType returns the type of the keys of a class' jobs, empty if the class
	// does not say or does not exist. It fails with *UnavailableError if the store
	// does not answer, and with another error, which is no reason to give up, if
	// the class cannot be read.
	KeyType(ctx context.Context, class string) (v1alpha1.KeyType, error)

	// Create stores a new job, within seconds. It fails with *UnavailableError if the store
	// does not answer; the job may then exist or not, and creating it again is
	// safe.
	Create(ctx context.Context, job *v1alpha1.FargateJob) error

	// Watch calls seen with the job as it is now, and again after each change,
	// until seen returns an error, which Watch then returns. It fails with
	// ErrJobGone if the job does not exist or no longer exists, with
	// *UnavailableError if the store stops answering (call Watch again then), and
	// with the context's cause if ctx ends.
	Watch(ctx context.Context, key types.NamespacedName, seen func(*v1alpha1.FargateJob) error) error

	// Delete deletes a job, which stops its task; it does not wait for that.
	// Deleting a job that does not exist is not an error. It fails with
	// *UnavailableError if the store does not answer.
	Delete(ctx context.Context, key types.NamespacedName) error
}

// ErrJobGone says that a job does not exist, or no longer exists.
var ErrJobGone = errors.New("the job does not exist")

// UnavailableError says that a store did not answer, or that it reported a
// temporary failure. Waiting may help.
type UnavailableError struct {
	// Store names what did not answer, for example the API server with its
	// URL.
	Store string
	// Unsent is true if the request certainly never reached the store.
	Unsent bool
	// Err is the cause.
	Err error
}

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("%s does not answer, check that it is up and that this machine can reach it: %v", e.Store, e.Err)
}

func (e *UnavailableError) Unwrap() error { return e.Err }

// openStoreOf opens the store of a job that another stage has created.
func (e *Executor) openStoreOf(job types.NamespacedName) (JobStore, error) {
	store, namespace, err := e.OpenStore()
	switch {
	case err != nil:
		return nil, err
	case job.Namespace == "" && namespace != "":
		return nil, fmt.Errorf("job %s was started without Kubernetes, but the configuration now has a section [Kubernetes]: fargate sweep stops its task", job.Name)
	case job.Namespace != "" && namespace == "":
		return nil, fmt.Errorf("FargateJob %s was created in Kubernetes, but the configuration no longer has a section [Kubernetes]: delete it by hand (kubectl -n %s delete fargatejob %s)",
			job, job.Namespace, job.Name)
	default:
		return store, nil
	}
}
