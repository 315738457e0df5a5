package standalone

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/leftover"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

// sample is the state file of a job whose task runs.
const sample = `{
  "kind": "FargateJob",
  "apiVersion": "ci.fargate-operator.dev/v1alpha1",
  "metadata": {"name": "job-4711-abcdefgh", "uid": "1f0c1d3a-8a52-5f0e-9d2b-111111111111", "generation": 1, "creationTimestamp": "2030-01-02T03:04:05Z"},
  "spec": {"sshPublicKey": "ssh-ed25519 AAAA", "activeDeadlineSeconds": 3600},
  "status": {
    "attempt": 1,
    "resolved": {"region": "us-east-1", "cluster": "ci", "taskDefinition": "ci:1", "network": {"subnets": ["subnet-local-a"]}},
    "task": {"arn": "arn:aws:ecs:us-east-1:123456789012:task/ci/0"}
  }
}`

func TestStateFile_Unusable_IsNamedWithTheFixAndStartsNothing(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	replaced := func(from, to string) string {
		if !strings.Contains(sample, from) {
			t.Fatalf("the sample has no %s", from)
		}
		return strings.Replace(sample, from, to, 1)
	}
	const damaged = "is damaged"
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"empty":              {"", []string{damaged, "fargate sweep finds the job's task"}},
		"truncated":          {sample[:len(sample)/2], []string{damaged}},
		"no JSON":            {"\x00\x01", []string{damaged}},
		"another type":       {replaced(`"attempt": 1`, `"attempt": "one"`), []string{damaged}},
		"too long":           {replaced(`"region"`, `"r`+strings.Repeat("x", maxStateSize)+`": "", "region"`), []string{damaged}},
		"no UID":             {replaced(`"uid"`, `"uix"`), []string{damaged, "metadata.uid"}},
		"no creation":        {replaced(`"creationTimestamp"`, `"creationTimestamx"`), []string{damaged, "metadata.creationTimestamp"}},
		"no subnet":          {replaced(`"subnet-local-a"`, ``), []string{damaged, "status.resolved"}},
		"no attempt":         {replaced(`"attempt": 1,`, ``), []string{damaged, "status.attempt"}},
		"negative attempt":   {replaced(`"attempt": 1`, `"attempt": -1`), []string{damaged, "status.attempt"}},
		"no ARN":             {replaced(`"arn"`, `"arx"`), []string{damaged, "status.task"}},
		"of another job":     {replaced(key.Name, "job-1-other"), []string{damaged, `metadata.name is "job-1-other"`}},
		"foreign":            {`{"JobID": "4711", "TaskARN": "arn:aws:ecs:..."}`, []string{"is not a state file of this program", "[TaskMetadata]"}},
		"foreign kind":       {replaced(`"FargateJob"`, `"Pod"`), []string{"is not a state file of this program"}},
		"of a later version": {replaced("v1alpha1", "v7"), []string{"has version v7", "this program reads v1alpha1", "the version of this program that wrote it"}},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(w.statePath(), []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			want := slices.Concat(test.want, []string{w.statePath()})
			wantText(t, w.open(t).Watch(t.Context(), key, nil), want...)
			wantText(t, w.open(t).Delete(t.Context(), key), want...)
			wantText(t, w.open(t).Create(t.Context(), newJob()), want...)
			if left, err := os.ReadFile(w.statePath()); err != nil || string(left) != test.text {
				t.Errorf("the file was changed (%v)", err)
			}
		})
	}
	if calls := w.AWS.Calls(); len(calls) != 0 {
		t.Errorf("AWS was called: %v", calls)
	}
}

func TestCreate_Repeated_IsTheSameJob(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	create(t, w.open(t))
	before := w.stored(t)
	create(t, w.open(t))
	if diff := cmp.Diff(before, w.stored(t)); diff != "" {
		t.Errorf("the second creation changed the job (-want +got):\n%s", diff)
	}
	other := newJob()
	other.Spec.SSHPublicKey = "ssh-ed25519 BBBB"
	wantText(t, w.open(t).Create(t.Context(), other), "is another job's")
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(sample[:200]))
	f.Add([]byte(`{"kind":"FargateJob","apiVersion":"ci.fargate-operator.dev/v1alpha1","metadata":{"name":"` + key.Name + `"}}`))
	f.Add([]byte(`{"kind":"FargateJob","apiVersion":"ci.fargate-operator.dev/v2"}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		job, err := decode(key.Name, data)
		if err != nil {
			if job != nil {
				t.Error("a job comes with an error")
			}
			return
		}
		first, err := encode(job.DeepCopy())
		if err != nil {
			t.Fatalf("cannot be written again: %v", err)
		}
		again, err := decode(key.Name, first)
		if errors.Is(err, errDamaged) && strings.Contains(err.Error(), "parsing time") {
			return // Without its time zone it may be in the year 10000, which is written but not read.
		}
		if err != nil {
			t.Fatalf("cannot be read again: %v\n%s", err, first)
		}
		second, err := encode(again)
		if err != nil || !bytes.Equal(first, second) {
			t.Errorf("differs once written and read (%v):\n%s\n%s", err, first, second)
		}
		useEverywhere(job)
	})
}

// useEverywhere does with an accepted job what a launch and a sweep do with it,
// short of calling AWS.
func useEverywhere(job *v1alpha1.FargateJob) {
	r := record{name: job.Name, job: job, since: job.CreationTimestamp.Time}
	_ = r.pastEnd(0)
	_ = leftover.MayOwn(job, "")
	if job.Status.Resolved != nil {
		_ = ecs.Slots(&job.Status.Resolved.TaskTemplate)
	}
}
