package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

const (
	// burst is how many objects are created together.
	burst = 1000
	// creators is how many of them are created at the same time.
	creators = 16
	// maxReadyWait is the budget for the time from RUNNING to Ready.
	maxReadyWait = 2 * time.Second
	// readyWithin bounds the whole burst. At AWS's rate of RunTask it takes a minute.
	readyWithin = 5 * time.Minute
	// noProcess is an image whose containers cost nothing.
	noProcess = "no-process"
	// nobodysKey has no private half.
	nobodysKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9pGqvN3NbDTcKVd0g7ySAdYLbnZ3eY5Hcu0nqgvGqL"
)

// measureReady creates a burst of FargateJobs, with a start of 15 s and AWS's rate limits, and takes the time from each
// task's RUNNING to its object's Ready. No executor waits for them, since a thousand processes would be measured instead.
func measureReady(ctx context.Context, b *bench) (lines []line, err error) {
	s, err := b.startStack(ctx, devstack.Options{
		Delays:   localecs.Delays{Provisioning: 5 * time.Second, Pending: 10 * time.Second},
		Images:   map[string][]string{noProcess: localecs.NoProcess()},
		Throttle: true,
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	api, err := s.ECS(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := seed.TaskDefinition(ctx, api, devstack.TaskDefinition, seed.Container(noProcess, devstack.Port)); err != nil {
		return nil, err
	}
	ready, err := s.readySince(ctx)
	if err != nil {
		return nil, err
	}
	running, err := s.runningSince(ctx)
	if err != nil {
		return nil, err
	}
	waits := make([]time.Duration, 0, burst)
	for id, at := range ready {
		waits = append(waits, at.Sub(running[id]))
	}
	what := fmt.Sprintf("RUNNING until Ready, %d jobs together", burst)
	return []line{
		plain(what+", median", milliseconds(median(waits))),
		atMost(what+", p95", percentile(waits, 95), maxReadyWait, milliseconds),
	}, nil
}

// readySince creates the burst and returns when a client saw each object Ready, by the job's id.
func (s *stack) readySince(ctx context.Context) (map[int64]time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	config, err := clientcmd.BuildConfigFromFlags("", s.Kubeconfig)
	if err != nil {
		return nil, err
	}
	jobs, err := cache.New(config, cache.Options{Scheme: s.Client.Scheme()})
	if err != nil {
		return nil, err
	}
	informer, err := jobs.GetInformer(ctx, &v1alpha1.FargateJob{}, cache.BlockUntilSynced(false))
	if err != nil {
		return nil, err
	}
	changes := make(chan *v1alpha1.FargateJob, burst)
	if _, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		UpdateFunc: func(_, object any) {
			if job, ok := object.(*v1alpha1.FargateJob); ok {
				changes <- job
			}
		},
	}); err != nil {
		return nil, err
	}
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return jobs.Start(ctx) })
	work.Go(func() error { return s.createBurst(ctx) })
	ready, err := collectReady(ctx, changes)
	cancel()
	return ready, errors.Join(err, work.Wait())
}

func (s *stack) createBurst(ctx context.Context) error {
	creation, ctx := errgroup.WithContext(ctx)
	creation.SetLimit(creators)
	for i := range burst {
		creation.Go(func() error {
			return s.Client.Create(ctx, &v1alpha1.FargateJob{
				ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("burst-%d", i), Namespace: devstack.Namespace},
				Spec:       v1alpha1.FargateJobSpec{SSHPublicKey: nobodysKey, Job: v1alpha1.JobIdentity{ID: int64(i + 1)}},
			})
		})
	}
	return creation.Wait()
}

// collectReady returns when each object became Ready, once the whole burst is.
func collectReady(ctx context.Context, changes <-chan *v1alpha1.FargateJob) (map[int64]time.Time, error) {
	ready := map[int64]time.Time{}
	for len(ready) < burst {
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%d of %d FargateJobs are Ready: %w", len(ready), burst, context.Cause(ctx))
		case job := <-changes:
			if _, seen := ready[job.Spec.Job.ID]; !seen && meta.IsStatusConditionTrue(job.Status.Conditions, v1alpha1.ConditionReady) {
				ready[job.Spec.Job.ID] = time.Now()
			}
		}
	}
	return ready, nil
}
