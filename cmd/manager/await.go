package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// askInterval is how often an API server is asked that is away. Kubernetes' components wait as long.
const askInterval = 2 * time.Second

// apiServerWait waits for an API server that serves FargateJobs. It is shared with the readiness probe.
type apiServerWait struct {
	mapper   meta.RESTMapper
	interval time.Duration
	log      logr.Logger
	missing  atomic.Pointer[error] // what it waits for
}

func newAPIServerWait(mapper meta.RESTMapper, log logr.Logger) *apiServerWait {
	w := &apiServerWait{mapper: mapper, interval: askInterval, log: log}
	w.waitFor(errors.New("the API server has not been asked yet"))
	return w
}

// until returns when FargateJobs are served and ask has succeeded or has got a final answer, whose error it returns. If the
// context ends first it returns the context's error.
func (w *apiServerWait) until(ctx context.Context, ask func(context.Context) error) error {
	job := v1alpha1.GroupVersion.WithKind("FargateJob").GroupKind()
	return wait.PollUntilContextCancel(ctx, w.interval, true, func(ctx context.Context) (bool, error) {
		_, err := w.mapper.RESTMapping(job, v1alpha1.GroupVersion.Version)
		if err == nil {
			err = ask(ctx)
		}
		if err == nil || final(err) {
			w.missing.Store(nil)
			return true, err
		}
		w.waitFor(asked(err))
		return false, nil
	})
}

// waitFor notes what is waited for, and says it when it is another thing than before.
func (w *apiServerWait) waitFor(missing error) {
	before := w.missing.Swap(&missing)
	if before != nil && (*before).Error() != missing.Error() {
		w.log.Info("Waiting", "for", missing.Error())
	}
}

// check is the readiness probe: it fails as long as something is waited for.
func (w *apiServerWait) check(*http.Request) error {
	if missing := w.missing.Load(); missing != nil {
		return *missing
	}
	return nil
}

// asked says what to do about an error that the API server was asked with.
func asked(err error) error {
	if meta.IsNoMatchError(err) {
		return fmt.Errorf("FargateJobs are not served, install the chart fargate-operator-crds: %w", err)
	}
	return fmt.Errorf("asking the API server: %w", err)
}

// final reports whether an error is an answer that will be the same the next time.
func final(err error) bool { return apierrors.IsNotFound(err) || apierrors.IsForbidden(err) }
