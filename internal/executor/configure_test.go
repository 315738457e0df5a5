package executor

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConfigure_ReportsWhatIsSet(t *testing.T) {
	for name, test := range map[string]struct {
		buildsDir, cacheDir, want string
	}{
		"nothing set": {want: `{"driver":{"name":"fargate-operator","version":"dev"}}`},
		"folders set": {
			buildsDir: "/builds", cacheDir: "/cache",
			want: `{"builds_dir":"/builds","cache_dir":"/cache","driver":{"name":"fargate-operator","version":"dev"}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAttempt(t)
			a.BuildsDir, a.CacheDir = test.buildsDir, test.cacheDir
			if err := a.Configure(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want+"\n", a.stdout.String()); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
		})
	}
}
