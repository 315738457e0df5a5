package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// mappings is a mapper that answers with its errors in turn, and then knows every kind.
type mappings struct {
	meta.RESTMapper
	errs []error
}

func (m *mappings) RESTMapping(schema.GroupKind, ...string) (*meta.RESTMapping, error) {
	if len(m.errs) == 0 {
		return &meta.RESTMapping{}, nil
	}
	err := m.errs[0]
	m.errs = m.errs[1:]
	return nil, err
}

func newTestWait(errs ...error) *apiServerWait {
	w := newAPIServerWait(&mappings{errs: errs}, logr.Discard())
	w.interval = time.Nanosecond
	return w
}

func TestAPIServerWait_NoFinalAnswer_AsksAgain(t *testing.T) {
	job := v1alpha1.GroupVersion.WithKind("FargateJob")
	for name, err := range map[string]error{
		"it is away":       errors.New("dial tcp 10.0.0.1:443: connect: connection refused"),
		"without our CRDs": &meta.NoKindMatchError{GroupKind: job.GroupKind()},
		"it is starting":   apierrors.NewServiceUnavailable("starting"),
		"it is overloaded": apierrors.NewTooManyRequests("later", 1),
		"it has a fault":   apierrors.NewInternalError(errors.New("etcd")),
		"keys are renewed": apierrors.NewUnauthorized("no such key"),
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			wait := newTestWait(err, err)
			if wait.check(nil) == nil {
				t.Error("it is ready before it has asked")
			}
			got := wait.until(t.Context(), func(context.Context) error {
				if asked++; asked == 1 {
					return err
				}
				return nil
			})
			if got != nil || asked != 2 {
				t.Errorf("ended with %v after %d questions, want no error after 2", got, asked)
			}
			if err := wait.check(nil); err != nil {
				t.Errorf("it is not ready after the wait: %v", err)
			}
		})
	}
}

func TestAPIServerWait_FinalAnswer_ReturnsIt(t *testing.T) {
	namespaces := schema.GroupResource{Resource: "namespaces"}
	for _, answer := range []error{
		apierrors.NewNotFound(namespaces, "operator"),
		apierrors.NewForbidden(namespaces, "operator", nil),
	} {
		got := newTestWait().until(t.Context(), func(context.Context) error { return answer })
		if !errors.Is(got, answer) {
			t.Errorf("got %v, want %v", got, answer)
		}
	}
}

func TestAPIServerWait_Unready_SaysWhatIsMissing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	wait := newTestWait(&meta.NoKindMatchError{GroupKind: v1alpha1.GroupVersion.WithKind("FargateJob").GroupKind()})
	err := wait.until(ctx, func(context.Context) error {
		if got := wait.check(nil); got == nil || !strings.Contains(got.Error(), "install the chart fargate-operator-crds") {
			t.Errorf("without the CRDs the probe says %v", got)
		}
		cancel()
		return errors.New("connection refused")
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v, want that it was canceled", err)
	}
	if got := wait.check(nil); got == nil || !strings.Contains(got.Error(), "asking the API server: connection refused") {
		t.Errorf("without the API server the probe says %v", got)
	}
}
