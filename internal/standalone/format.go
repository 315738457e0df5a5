package standalone

import (
	"encoding/json"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// jobKind is the kind in a state file.
const jobKind = "FargateJob"

// errDamaged says that a state file does not make sense.
var errDamaged = errors.New("is damaged")

// encode returns the content of a job's state file: the object as Kubernetes
// would keep it. Its apiVersion is the format's version.
func encode(job *v1alpha1.FargateJob) ([]byte, error) {
	job.APIVersion, job.Kind = v1alpha1.GroupVersion.String(), jobKind
	return json.MarshalIndent(job, "", "  ")
}

// decode reads the state file of the job with that name. It accepts nothing
// that could break a step of a job's life.
func decode(name string, data []byte) (*v1alpha1.FargateJob, error) {
	var header struct{ APIVersion, Kind string }
	if err := json.Unmarshal(data, &header); err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	version, err := schema.ParseGroupVersion(header.APIVersion)
	switch {
	case err != nil, header.Kind != jobKind, version.Group != v1alpha1.GroupVersion.Group:
		return nil, errors.New("is not a state file of this program: move it away, or set Directory in [TaskMetadata] to a directory that only the executor uses")
	case version != v1alpha1.GroupVersion:
		return nil, fmt.Errorf("has version %s and this program reads %s: clean up with the version of this program that wrote it", version.Version, v1alpha1.GroupVersion.Version)
	}
	job := &v1alpha1.FargateJob{}
	if err := json.Unmarshal(data, job); err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	if fault := faultOf(name, job); fault != "" {
		return nil, fmt.Errorf("%w: %s", errDamaged, fault)
	}
	return job, nil
}

// faultOf says briefly what is wrong with a job.
func faultOf(name string, job *v1alpha1.FargateJob) string {
	status := &job.Status
	switch {
	case job.Name != name:
		return fmt.Sprintf("metadata.name is %q", job.Name)
	case job.UID == "":
		return "metadata.uid is missing"
	case job.CreationTimestamp.IsZero():
		return "metadata.creationTimestamp is missing"
	case status.Resolved != nil && !isComplete(&status.Resolved.TaskTemplate):
		return "status.resolved has gaps"
	case (status.Resolved == nil) != (status.Attempt == 0) || status.Attempt < 0:
		return fmt.Sprintf("status.attempt is %d", status.Attempt)
	case status.Task != nil && (status.Resolved == nil || status.Task.ARN == ""):
		return "status.task has gaps"
	default:
		return ""
	}
}

// isComplete reports whether a template has what a launch and a stop need.
func isComplete(t *v1alpha1.TaskTemplate) bool {
	return t.Region != "" && t.Cluster != "" && t.TaskDefinition != "" && len(t.Network.Subnets) > 0
}
