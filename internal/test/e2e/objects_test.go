package e2e

import (
	"context"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

// publicKey is a key whose private half does not exist.
const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9pGqvN3NbDTcKVd0g7ySAdYLbnZ3eY5Hcu0nqgvGqL"

// objectName is the test's name in a form that Kubernetes and ECS accept.
func objectName(t *testing.T) string {
	t.Helper()
	return strings.ToLower(strings.NewReplacer("_", "-", ":", "-").Replace(path.Base(t.Name())))
}

// createClass creates a class that is deleted after the test, for its own task
// definition, which has not been looked up before.
func createClass(t *testing.T, change func(*v1alpha1.FargateTaskClassSpec)) *v1alpha1.FargateTaskClass {
	t.Helper()
	admin, err := stack.ECS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	class := devstack.Class()
	class.Name, class.Spec.TaskDefinition = objectName(t), objectName(t)
	if _, err := seed.TaskDefinition(t.Context(), admin, class.Name, seed.Container(builtInImage, devstack.Port)); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&class.Spec)
	}
	if err := stack.Client.Create(t.Context(), class); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { deleteObject(t, class) })
	return class
}

// createJob creates a job of the test's class. It is deleted after the test.
func createJob(t *testing.T) *v1alpha1.FargateJob {
	t.Helper()
	job := &v1alpha1.FargateJob{
		ObjectMeta: metav1.ObjectMeta{Name: objectName(t), Namespace: devstack.Namespace},
		Spec:       v1alpha1.FargateJobSpec{ClassRef: v1alpha1.ClassReference{Name: objectName(t)}, SSHPublicKey: publicKey},
	}
	if err := stack.Client.Create(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { deleteObject(t, job) })
	return job
}

func deleteObject(t *testing.T, object client.Object) {
	t.Helper()
	if err := stack.Client.Delete(context.Background(), object); client.IgnoreNotFound(err) != nil {
		t.Error(err)
	}
}

func awaitReady(t *testing.T, job *v1alpha1.FargateJob) {
	t.Helper()
	awaitCondition(t, job, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady)
}

// awaitDenied waits until the job stalls because an action is not allowed.
func awaitDenied(t *testing.T, job *v1alpha1.FargateJob, action string) {
	t.Helper()
	message := awaitCondition(t, job, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonAccessDenied)
	assertContains(t, message, "give the identity in use the permission "+action+",")
}

// awaitCondition waits until the job has a condition and returns its message.
func awaitCondition(t *testing.T, job *v1alpha1.FargateJob, kind string, status metav1.ConditionStatus, reason string) string {
	t.Helper()
	var message string
	eventually.Shows(t, kind+" is "+string(status)+" with reason "+reason, func() (bool, string) {
		if err := stack.Client.Get(context.Background(), client.ObjectKeyFromObject(job), job); err != nil {
			t.Fatal(err)
		}
		found := meta.FindStatusCondition(job.Status.Conditions, kind)
		if found == nil || found.Status != status || found.Reason != reason {
			return false, cmp.Diff(nil, job.Status.Conditions)
		}
		message = found.Message
		return true, ""
	})
	return message
}

// awaitStopFailed waits for the event about a job that cannot be released, which
// is counted when it happens again, and checks that the job is still there.
func awaitStopFailed(t *testing.T, job *v1alpha1.FargateJob, action string) {
	t.Helper()
	eventually.Shows(t, "event StopFailed that names "+action, func() (bool, string) {
		var events eventsv1.EventList
		if err := stack.Client.List(context.Background(), &events, client.InNamespace(devstack.Namespace)); err != nil {
			t.Fatal(err)
		}
		for i := range events.Items {
			event := &events.Items[i]
			failed := event.Reason == "StopFailed" && strings.Contains(event.Note, action)
			if event.Regarding.UID == job.UID && failed && event.Series != nil {
				return true, ""
			}
		}
		return false, cmp.Diff(nil, events.Items)
	})
	if err := stack.Client.Get(t.Context(), client.ObjectKeyFromObject(job), job); err != nil {
		t.Errorf("the job has been released: %v", err)
	}
}
