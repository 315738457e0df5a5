package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/test/fakerunner"
)

// ciJob is one CI job on its way through the executor's stages.
type ciJob struct {
	*fakerunner.Attempt
	id  int64
	log *bytes.Buffer
	// prepared is when the prepare stage returned.
	prepared time.Time
}

// prepareJobs takes as many jobs through config and prepare at the same time.
// Give those that it returns to cleanupJobs, also after an error.
func prepareJobs(ctx context.Context, runner *fakerunner.Runner, count int) ([]*ciJob, error) {
	jobs := make([]*ciJob, 0, count)
	for i := range count {
		job := fakerunner.Job{
			ID: int64(i + 1), Name: "bench", ProjectPath: "group/project", ProjectID: 1, PipelineID: 1, Ref: "main",
		}
		log := &bytes.Buffer{}
		attempt, err := runner.Begin(job, log)
		if err != nil {
			return jobs, err
		}
		jobs = append(jobs, &ciJob{Attempt: attempt, id: job.ID, log: log})
	}
	return jobs, forEach(jobs, func(job *ciJob) error {
		if err := job.Config(ctx); err != nil {
			return err
		}
		err := job.Prepare(ctx)
		job.prepared = time.Now()
		return err
	})
}

// runJobs runs a script in all jobs' tasks.
func runJobs(ctx context.Context, jobs []*ciJob, script string) error {
	return forEach(jobs, func(job *ciJob) error {
		return job.RunScript(ctx, "build_script", fakerunner.Script(script))
	})
}

// cleanupJobs runs the jobs' last stage and removes their files.
func cleanupJobs(ctx context.Context, jobs []*ciJob) error {
	return forEach(jobs, func(job *ciJob) error {
		job.Cleanup(ctx)
		return os.RemoveAll(job.Dir)
	})
}

// forEach does something with all jobs at the same time. Errors come with the
// job's log.
func forEach(jobs []*ciJob, do func(*ciJob) error) error {
	failures := make([]error, len(jobs))
	var group sync.WaitGroup
	for i, job := range jobs {
		group.Go(func() {
			if err := do(job); err != nil {
				failures[i] = fmt.Errorf("job %d: %w\n%s", job.id, err, job.log)
			}
		})
	}
	group.Wait()
	return errors.Join(failures...)
}
