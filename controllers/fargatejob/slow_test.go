package fargatejob_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/lifecycle"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

// silent is a region that accepts calls of one action and does not answer them.
const silent = "eu-west-1"

// silence is an endpoint of all regions, of which one is silent.
type silence struct {
	action string
	ecs    http.Handler

	mu      sync.Mutex
	held    int           // calls that wait for an answer
	givenUp int           // those of which the SDK has given up that
	end     chan struct{} // closed at the end of the test
}

// newSilence comes between the SDK and the local ECS.
func newSilence(t *testing.T, w *world, action string) *silence {
	t.Helper()
	target, err := url.Parse(w.AWS.URL())
	if err != nil {
		t.Fatal(err)
	}
	s := &silence{action: action, ecs: httputil.NewSingleHostReverseProxy(target), end: make(chan struct{})}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(s.end) })
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	return s
}

func (s *silence) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The signature's scope names the region.
	inSilence := strings.Contains(r.Header.Get("Authorization"), "/"+silent+"/") && strings.HasSuffix(r.Header.Get("X-Amz-Target"), "."+s.action)
	if !inSilence {
		s.ecs.ServeHTTP(w, r)
		return
	}
	_, _ = io.Copy(io.Discard, r.Body) // The end of a connection is noticed after that.
	s.count(1, 0)
	select {
	case <-r.Context().Done():
	case <-s.end:
	}
	s.count(-1, 1)
	panic(http.ErrAbortHandler) // the documented way to cut a connection
}

func (s *silence) count(held, givenUp int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held += held
	s.givenUp += givenUp
}

func (s *silence) counts() (held, givenUp int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held, s.givenUp
}

// await waits until as many calls wait for an answer.
func (s *silence) await(t *testing.T, calls int) {
	t.Helper()
	eventually.Shows(t, fmt.Sprintf("%d calls wait for an answer", calls), func() (bool, string) {
		held, _ := s.counts()
		return held == calls, fmt.Sprintf("%d calls", held)
	})
}

// silentJobs are more than there are workers.
const silentJobs = 40

// createSilent creates a class in the silent region and jobs of it, which come to
// their first call at once.
func (w *world) createSilent(t *testing.T, status *v1alpha1.FargateJobStatus) []*v1alpha1.FargateJob {
	t.Helper()
	class := w.classSpec()
	class.Region = silent
	if err := w.Create(t.Context(), &v1alpha1.FargateTaskClass{ObjectMeta: metav1.ObjectMeta{Name: "silent", Namespace: w.Namespace}, Spec: class}); err != nil {
		t.Fatal(err)
	}
	jobs := make([]*v1alpha1.FargateJob, silentJobs)
	for i := range jobs {
		job := &v1alpha1.FargateJob{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("silent-%d", i), Namespace: w.Namespace, Finalizers: []string{v1alpha1.Finalizer}},
			Spec:       v1alpha1.FargateJobSpec{SSHPublicKey: publicKey, ClassRef: v1alpha1.ClassReference{Name: "silent"}},
		}
		if err := w.Create(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		if status != nil {
			stored := job.DeepCopy()
			job.Status = *status
			job.Status.Resolved.Region = silent
			if err := w.Status().Patch(t.Context(), job, client.MergeFrom(stored)); err != nil {
				t.Fatal(err)
			}
			w.deleteJob(t, job)
		}
		jobs[i] = job
	}
	return jobs
}

// resolved is the status of a job before its first launch.
func (w *world) resolved() *v1alpha1.FargateJobStatus {
	template := w.classSpec().TaskTemplate
	template.ContainerName = "ci-coordinator"
	template.SSH = v1alpha1.SSHServer{Username: "root", Port: 22}
	template.LaunchDeadlineSeconds = 600
	return &v1alpha1.FargateJobStatus{
		Attempt:  1,
		Resolved: &v1alpha1.ResolvedTask{TaskTemplate: template, HealthCheck: v1alpha1.Disabled},
	}
}

func TestSilentRegion_EveryCallHangs_JobsElsewhereBecomeReady(t *testing.T) {
	const arn = "arn:aws:ecs:eu-west-1:123456789012:task/ci/0123456789abcdef0123456789abcdef"
	for action, test := range map[string]struct {
		status func(*world) *v1alpha1.FargateJobStatus // of jobs that are deleted
		calls  int
	}{
		// Jobs share a look-up, and stops and searches go in a line.
		"DescribeTaskDefinition": {nil, 1},
		"RunTask":                {nil, silentJobs},
		"ListTasks":              {(*world).resolved, 32},
		"StopTask": {func(w *world) *v1alpha1.FargateJobStatus {
			status := w.resolved()
			status.Task = &v1alpha1.TaskStatus{ARN: arn, LastStatus: "RUNNING", DesiredStatus: "RUNNING"}
			return status
		}, 32},
	} {
		t.Run(action, func(t *testing.T) {
			w := newWorld(t, localecs.Config{})
			silence := newSilence(t, w, action)
			w.createClass(t, nil)
			var status *v1alpha1.FargateJobStatus
			if test.status != nil {
				status = test.status(w)
			}
			w.createSilent(t, status)
			stop := w.startController(t)
			silence.await(t, test.calls)

			job := w.createJob(t, nil)
			w.awaitReady(t, job)
			w.deleteJob(t, job)
			w.awaitGone(t, job)
			// The SDK asks three times before a call fails.
			if _, givenUp := silence.counts(); givenUp > 2*test.calls {
				t.Errorf("the job was ready only after calls of others had failed: %d tries were given up", givenUp)
			}
			stop() // It ends although nothing is answered.
		})
	}
}

func TestSilentRegion_JobIsDeleted_ItsLaunchIsCalledOff(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	silence := newSilence(t, w, "RunTask")
	var ahead atomic.Int64
	w.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	jobs := w.createSilent(t, nil)
	w.startController(t)
	silence.await(t, silentJobs)

	w.deleteJob(t, jobs[0])
	silence.await(t, silentJobs-1)
	eventually.Holds(t, "the job's task is searched for", func() bool { return w.AWS.Calls()["ListTasks"] > 0 })
	if err := w.Get(t.Context(), client.ObjectKeyFromObject(jobs[0]), jobs[0]); err != nil {
		t.Errorf("the job went while its task can turn up: %v", err)
	}
	ahead.Store(int64(lifecycle.SettleTime + time.Second))
	w.awaitGone(t, jobs[0])
}
