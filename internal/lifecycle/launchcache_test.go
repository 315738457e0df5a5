package lifecycle

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

func TestLaunchCache_Latest_IsOfTheJobsAttemptOrALaterOne(t *testing.T) {
	const arn = "arn:aws:ecs:us-east-1:123456789012:task/ci/2"
	job := &v1alpha1.FargateJob{ObjectMeta: metav1.ObjectMeta{UID: "uid"}}
	cache := &launchCache{}
	job.Status.Attempt = 2
	cache.put(job, &v1alpha1.TaskStatus{ARN: arn})
	for attempt, want := range map[int32]string{1: arn, 2: arn, 3: ""} {
		job.Status.Attempt = attempt
		if got := cache.latest(job); got != want {
			t.Errorf("attempt %d: got %q, want %q", attempt, got, want)
		}
	}
}
