package kubestore

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/executor"
)

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func newStore(t *testing.T, config *rest.Config, namespace string) *Store {
	t.Helper()
	store, err := New(config, namespace)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func newJob(namespace string) *v1alpha1.FargateJob {
	return &v1alpha1.FargateJob{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "FargateJob"},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "job-1-abcdefgh"},
		Spec:       v1alpha1.FargateJobSpec{SSHPublicKey: publicKey},
	}
}

func keyOf(job *v1alpha1.FargateJob) types.NamespacedName {
	return types.NamespacedName{Namespace: job.Namespace, Name: job.Name}
}

// created returns a job that exists.
func created(t *testing.T, store *Store) *v1alpha1.FargateJob {
	t.Helper()
	job := newJob(store.Namespace())
	if err := store.Create(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	return job
}

// admin is a client with every right, which plays the controller.
func admin(t *testing.T) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	err := v1alpha1.AddToScheme(scheme)
	if err != nil {
		t.Fatal(err)
	}
	admin, err := client.New(env.Config(), client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return admin
}

func setReady(t *testing.T, job *v1alpha1.FargateJob, reason string) {
	t.Helper()
	admin := admin(t)
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		stored := &v1alpha1.FargateJob{}
		if err := admin.Get(t.Context(), keyOf(job), stored); err != nil {
			return err
		}
		meta.SetStatusCondition(&stored.Status.Conditions, metav1.Condition{
			Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: reason, Message: reason,
		})
		return admin.Status().Update(t.Context(), stored)
	})
	if err != nil {
		t.Error(err)
	}
}

// watching collects the Ready reasons that a watch sees until the wanted one.
func watching(t *testing.T, store *Store, job *v1alpha1.FargateJob, seen func(reason string) error) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	return store.Watch(ctx, keyOf(job), func(job *v1alpha1.FargateJob) error {
		reason := ""
		if ready := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
			reason = ready.Reason
		}
		return seen(reason)
	})
}

var errEnough = errors.New("enough")

func TestStore_JobFromCreationToEnd(t *testing.T) {
	store := newStore(t, env.Config(), env.NewNamespace(t))
	job := created(t, store)

	var reasons []string
	err := watching(t, store, job, func(reason string) error {
		reasons = append(reasons, reason)
		switch reason {
		case "":
			setReady(t, job, v1alpha1.ReasonPending)
		case v1alpha1.ReasonPending:
			if err := store.Delete(t.Context(), keyOf(job)); err != nil {
				t.Error(err)
			}
		}
		return nil
	})
	if !errors.Is(err, executor.ErrJobGone) {
		t.Errorf("the watch ended with %v, want ErrJobGone", err)
	}
	if diff := cmp.Diff([]string{"", v1alpha1.ReasonPending}, reasons); diff != "" {
		t.Errorf("states seen: %s", diff)
	}
	if err := store.Delete(t.Context(), keyOf(job)); err != nil {
		t.Errorf("to delete a job that is gone: %v", err)
	}
	err = watching(t, store, job, func(string) error { return nil })
	if !errors.Is(err, executor.ErrJobGone) {
		t.Errorf("to watch a job that is gone: %v", err)
	}
}

func TestCreate_Repeated_IsTheSameJob(t *testing.T) {
	store := newStore(t, env.Config(), env.NewNamespace(t))
	job := created(t, store)
	if err := store.Create(t.Context(), job); err != nil {
		t.Errorf("the same job again: %v", err)
	}
	other := newJob(job.Namespace)
	other.Spec.SSHPublicKey = strings.Replace(publicKey, "AAAA", "BBBB", 1)
	if err := store.Create(t.Context(), other); err == nil {
		t.Error("another job of the same name was taken for this one")
	}
}

func TestWatch_ContextEnds_ReturnsItsCause(t *testing.T) {
	store := newStore(t, env.Config(), env.NewNamespace(t))
	job := created(t, store)
	ctx, cancel := context.WithCancelCause(t.Context())
	err := store.Watch(ctx, keyOf(job), func(*v1alpha1.FargateJob) error {
		time.AfterFunc(50*time.Millisecond, func() { cancel(errEnough) })
		return nil
	})
	if !errors.Is(err, errEnough) {
		t.Errorf("got %v", err)
	}
}
