package doctor_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/doctor"
	"github.com/fargate-operator/fargate-operator/internal/driverconfig"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestConfiguration_SeveralProblems_AreFindingsOfTheirOwn(t *testing.T) {
	path := write(t, "fargate.toml", "LogLevel = 'loud'\nLogFormat = 'xml'\n[Kubernetes]\n")
	_, err := driverconfig.Load(path)
	wantOnly(t, doctor.Configuration(path, err),
		doctor.Finding{Level: doctor.Failure, Subject: "configuration", What: "fargate.toml:1: LogLevel", Fix: "correct the file"},
		doctor.Finding{Level: doctor.Failure, Subject: "configuration", What: "fargate.toml:2: LogFormat", Fix: "correct the file"})
}

func TestConfiguration_Missing_IsAFinding(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing.toml")
	_, err := driverconfig.Load(path)
	wantOnly(t, doctor.Configuration(path, err), doctor.Finding{Level: doctor.Failure, Subject: "configuration", What: "no such file"})
}

func TestDirectory_LeavesNothing(t *testing.T) {
	dir := t.TempDir()
	for path, needed := range map[string]bool{"": false, dir: true} {
		if f := doctor.Directory(path, needed); f.Level != doctor.OK {
			t.Errorf("%q: %+v", path, f)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("it holds %v (%v)", files, err)
	}
}

// openToAll is a directory like /tmp.
func openToAll(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestDirectory_CannotBeUsed_SaysHowToMakeIt(t *testing.T) {
	missing, open := filepath.Join(t.TempDir(), "metadata"), openToAll(t)
	for _, test := range []struct {
		path      string
		needed    bool
		want, fix string
	}{
		{"", true, "need a directory for their state", "/opt/gitlab-runner/metadata"},
		{missing, true, "does not exist", missing},
		{missing, false, "does not exist", missing},
		{open, true, "others can write to", open},
		{open, false, "others can write to", open},
		{write(t, "file", ""), true, "not a directory", ""},
		{write(t, "file", ""), false, "not a directory", ""},
	} {
		wantOnly(t, []doctor.Finding{doctor.Directory(test.path, test.needed)},
			doctor.Finding{Level: doctor.Failure, Subject: "metadata", What: test.want, Fix: "install -d -m 0700 -o USER " + test.fix})
	}
}

func TestReadClass_AsPeopleWriteIt_HasTheDefaults(t *testing.T) {
	class, err := doctor.ReadClass(write(t, "class.yaml",
		"apiVersion: ci.fargate-operator.dev/v1alpha1\nkind: FargateTaskClass\nmetadata: {name: default}\nspec: {region: eu-west-1, cluster: ci}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if class.Spec.ContainerName != "ci-coordinator" || class.Spec.SSH.Port != 22 {
		t.Errorf("container %q, port %d", class.Spec.ContainerName, class.Spec.SSH.Port)
	}
}

func TestReadClass_SomethingElse_IsRefused(t *testing.T) {
	for name, test := range map[string]struct{ path, want string }{
		"missing":      {filepath.Join(t.TempDir(), "class.yaml"), "--class-file"},
		"another kind": {write(t, "class.yaml", "kind: ConfigMap\n"), "is not a FargateTaskClass"},
		"unknown key":  {write(t, "class.yaml", "kind: FargateTaskClass\nspec: {zone: a}\n"), `unknown field "zone"`},
		"no yaml":      {write(t, "class.yaml", "{"), "is not a FargateTaskClass"},
	} {
		if _, err := doctor.ReadClass(test.path); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

func TestWrite_Findings_AreAlignedAndCounted(t *testing.T) {
	var out bytes.Buffer
	err := doctor.Write(&out, []doctor.Finding{
		{Level: doctor.OK, Subject: "cluster", What: "ci is active"},
		{Level: doctor.Warning, Subject: "quota", What: "not checked", Why: "no permission", Fix: "attach it"},
		{Level: doctor.Failure, Subject: "way out", What: "there is none", Why: "no image", Fix: "add a route\nor endpoints"},
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `OK    cluster           ci is active
WARN  quota             not checked
                        why: no permission
                        fix: attach it
FAIL  way out           there is none
                        why: no image
                        fix: add a route
                        or endpoints

3 checks: 1 failed, 1 with a warning
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("the report differs (-want +got):\n%s", diff)
	}
	if err := doctor.Write(brokenPipe{}, nil); err == nil {
		t.Error("an unreadable file is not an error")
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }
