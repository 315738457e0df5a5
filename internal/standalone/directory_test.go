package standalone

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/bound"
)

func wantText(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is missing in: %v", part, err)
		}
	}
}

func readyReason(job *v1alpha1.FargateJob) string {
	if ready := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		return ready.Reason
	}
	return ""
}

func open(directory string) (*Store, error) {
	return Open(Options{Directory: directory, Log: slog.New(slog.DiscardHandler)})
}

func TestOpen_UnusableDirectory_NamesItAndTheFix(t *testing.T) {
	parent := t.TempDir()
	file := filepath.Join(parent, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	shared := filepath.Join(parent, "shared")
	if err := os.Mkdir(shared, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(shared, 0o777); err != nil { // Mkdir obeys the umask.
		t.Fatal(err)
	}
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, installationFile), []byte("half a UU"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		directory string
		want      []string
	}{
		"none":                 {"", []string{"set Directory in the [TaskMetadata] section"}},
		"missing":              {filepath.Join(parent, "missing"), []string{"missing does not exist", "create it"}},
		"a file":               {file, []string{"file is not a directory", "[TaskMetadata]"}},
		"writable for all":     {shared, []string{"others can write to", "chmod go-w", "[TaskMetadata]"}},
		"damaged installation": {damaged, []string{filepath.Join(damaged, installationFile), "is damaged", "restore it"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := open(test.directory)
			wantText(t, err, test.want...)
		})
	}
}

func TestOpen_ManyAtOnce_AgreeOnTheInstallation(t *testing.T) {
	directory := t.TempDir()
	var mu sync.Mutex
	seen := map[string]bool{}
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			store, err := open(directory)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			seen[store.installation.id] = true
		})
	}
	bound.End(t, "the opening of all stores", group.Wait)
	if len(seen) != 1 {
		t.Errorf("%d installations: %v", len(seen), seen)
	}
}

func TestStore_NameThatIsNoFileName_IsRefused(t *testing.T) {
	store, err := open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", ".", "..", "../job", "a/b", ".hidden"} {
		wantText(t, store.Delete(t.Context(), types.NamespacedName{Name: name}), "is not a valid job name")
	}
}
