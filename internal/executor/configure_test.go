package executor

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConfigure_ReportsWhatIsSet(t *testing.T) {
	for name, test := range map[string]struct {
		set  Options
		want string
	}{
		"nothing set": {want: `{"driver":{"name":"fargate-operator","version":"dev"}}`},
		"folders set": {
			set:  Options{BuildsDir: "/builds", CacheDir: "/cache"},
			want: `{"builds_dir":"/builds","cache_dir":"/cache","driver":{"name":"fargate-operator","version":"dev"}}`,
		},
		"host and shell": {
			set:  Options{Hostname: "runner-0", Shell: "pwsh"},
			want: `{"hostname":"runner-0","driver":{"name":"fargate-operator","version":"dev"},"shell":"pwsh"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAttempt(t)
			a.BuildsDir, a.CacheDir, a.Hostname, a.Shell = test.set.BuildsDir, test.set.CacheDir, test.set.Hostname, test.set.Shell
			if err := a.Configure(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want+"\n", a.stdout.String()); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
		})
	}
}
