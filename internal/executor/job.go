package executor

import (
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/gitlab"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

// Labels by which people find a job's FargateJob.
const (
	labelJobID      = "ci.fargate-operator.dev/job-id"
	labelProjectID  = "ci.fargate-operator.dev/project-id"
	labelPipelineID = "ci.fargate-operator.dev/pipeline-id"
)

const (
	// deadlineMargin is how much longer than the job's own timeout a task may
	// live. A runner stops the script at the timeout, may then spend 10 minutes on
	// ending it (graceful_kill_timeout) and 5 on after_script, and uploads
	// artifacts; the timeout includes the task's start. After that, there is no
	// runner left to clean up.
	deadlineMargin = 30 * time.Minute
	// unknownTimeout stands in for the timeout of a job that has none.
	unknownTimeout = 24 * time.Hour
	// maxDeadline is the API's maximum.
	maxDeadline = 2678400 * time.Second
)

// Pod is the pod that the runner runs in. When it ends, so do the runner's jobs.
type Pod struct {
	Namespace, Name, UID string
}

// PodFromEnvironment returns the pod named by POD_NAMESPACE, POD_NAME and
// POD_UID, which a pod's manifest can set through Kubernetes' downward API.
func PodFromEnvironment(getenv func(string) string) Pod {
	return Pod{Namespace: getenv("POD_NAMESPACE"), Name: getenv("POD_NAME"), UID: getenv("POD_UID")}
}

// jobName names the FargateJob of one attempt of a CI job. Each attempt has its
// own suffix, so that a new one never meets the remains of another. The suffix is
// not random: the name can be derived without the connection file.
func (e *Executor) jobName(ci *gitlab.Job) (string, error) {
	id, err := e.attemptID()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("job-%d-%s", ci.ID, id[:8]), nil
}

// newJob returns the FargateJob of one attempt of a CI job, still without its key.
func newJob(namespace, name string, wanted *chosen, ci *gitlab.Job, pod Pod) *v1alpha1.FargateJob {
	return &v1alpha1.FargateJob{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "FargateJob"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace:       namespace,
			Name:            name,
			Labels:          labels(ci),
			Finalizers:      []string{v1alpha1.Finalizer},
			OwnerReferences: owners(pod, namespace),
		},
		Spec: v1alpha1.FargateJobSpec{
			ClassRef:              v1alpha1.ClassReference{Name: wanted.class},
			Overrides:             wanted.overrides,
			Job:                   identity(ci),
			ActiveDeadlineSeconds: activeDeadlineSeconds(ci.Timeout),
		},
	}
}

func labels(ci *gitlab.Job) map[string]string {
	all := map[string]string{labelJobID: strconv.FormatInt(ci.ID, 10)}
	if ci.ProjectID > 0 {
		all[labelProjectID] = strconv.FormatInt(ci.ProjectID, 10)
	}
	if ci.PipelineID > 0 {
		all[labelPipelineID] = strconv.FormatInt(ci.PipelineID, 10)
	}
	return all
}

// owners makes the API server delete the job with the runner's pod. An owner
// has to be in the job's own namespace.
func owners(pod Pod, namespace string) []metav1.OwnerReference {
	if pod.Name == "" || pod.UID == "" || pod.Namespace != namespace {
		return nil
	}
	return []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: pod.Name, UID: types.UID(pod.UID)}}
}

// identity shortens each value to what the API accepts: no job fails because of
// its name.
func identity(ci *gitlab.Job) v1alpha1.JobIdentity {
	return v1alpha1.JobIdentity{
		Runner:      text.Cut(ci.RunnerToken, 255),
		ProjectPath: text.Cut(ci.ProjectPath, 1024),
		ProjectID:   max(ci.ProjectID, 0),
		PipelineID:  max(ci.PipelineID, 0),
		ID:          ci.ID,
		Name:        text.Cut(ci.Name, 255),
		URL:         pageURL(ci.URL),
		Ref:         text.Cut(ci.Ref, 1024),
	}
}

// pageURL returns the text, or nothing if it is not the address of a page or has
// credentials.
func pageURL(text string) string {
	page, err := url.Parse(text)
	// The API accepts the scheme in lower case only.
	isWeb := strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://")
	isPage := err == nil && isWeb && page.Host != ""
	if !isPage || len(text) > 2048 || strings.ContainsAny(text, "@ ") {
		return ""
	}
	return text
}

func activeDeadlineSeconds(timeout time.Duration) int32 {
	if timeout <= 0 {
		timeout = unknownTimeout
	}
	deadline := min(timeout, maxDeadline-deadlineMargin) + deadlineMargin
	return int32(math.Ceil(deadline.Seconds()))
}
