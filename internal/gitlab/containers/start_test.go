package containers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
)

func TestStart_HoweverItIsPrinted_ShowsNothing(t *testing.T) {
	t.Parallel()
	containers := mustRead(t, `{"variables": [{"key": "PASSWORD", "value": "hush", "public": true}],
		"services": [{"name": "mysql", "entrypoint": ["hush"], "command": ["hush"], "variables": [{"key": "OWN", "value": "hush"}]}]}`,
		"CUSTOM_ENV_PASSWORD=hush")
	service := containers.Services[0]
	wrapped := struct{ inner any }{service.Start}
	for _, value := range []any{
		containers, &containers, service, &service, service.Start, &service.Start,
		[]Service{service},
		map[string]Start{"a": service.Start},
		wrapped, &wrapped,
	} {
		printed := printedAs(t, value)
		if strings.Contains(printed, "hush") {
			t.Errorf("%T prints a secret:\n%s", value, printed)
		}
	}
	if got := fmt.Sprint(service.Start); got != "(hidden)" {
		t.Errorf("got %q", got)
	}
	if started(t, containers).Env["OWN"] != "hush" {
		t.Error("the secret is not there at all")
	}
}

// printedAs prints a value in every way in which one is printed by accident.
func printedAs(t *testing.T, value any) string {
	t.Helper()
	var all bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%p"} {
		fmt.Fprintf(&all, verb+"\n", value)
	}
	slog.New(slog.NewJSONHandler(&all, nil)).Info("", "value", value)
	slog.New(slog.NewTextHandler(&all, nil)).Info("", "value", value)
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	all.Write(encoded)
	// The bytes of the secret, as a list and in hexadecimal.
	return strings.NewReplacer("104 117 115 104", "hush", "68757368", "hush").Replace(all.String())
}

func TestEncodeLaunches_ServiceReplacesWhatItsImageSays(t *testing.T) {
	t.Parallel()
	image := []string{"image-entrypoint"}
	for name, test := range map[string]struct {
		start               Start
		entrypoint, command []string
	}{
		"nothing":               {Start{}, image, []string{"image-command"}},
		"command":               {hide(start{command: []string{"c"}}), image, []string{"c"}},
		"entry point":           {hide(start{entrypoint: []string{"e"}}), []string{"e"}, nil},
		"both":                  {hide(start{entrypoint: []string{"e"}, command: []string{"c"}}), []string{"e"}, []string{"c"}},
		"without an entrypoint": {hide(start{entrypoint: []string{""}, command: []string{"c"}}), []string{""}, []string{"c"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := started(t, Containers{Services: []Service{{Image: Image{Name: "redis"}, Start: test.start}}})
			if diff := cmp.Diff(protocol.Service{Name: "svc-0", Entrypoint: test.entrypoint, Command: test.command}, got); diff != "" {
				t.Errorf("launch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEncodeLaunches_IsWhatTheAgentReads(t *testing.T) {
	t.Parallel()
	got, err := Containers{Services: []Service{
		{Start: hide(start{env: map[string]string{"B": "b", "A": "a=\n"}})},
		{Start: hide(start{command: []string{"own"}})},
	}}.EncodeLaunches([]*ImageConfig{{Entrypoint: []string{"e"}, Command: []string{"c"}}})
	want := `[{"name":"svc-0","env":{"A":"a=\n","B":"b"},"entrypoint":["e"],"command":["c"]},{"name":"svc-1","command":["own"]}]`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v", got, err)
	}
	if got, err := (Containers{}).EncodeLaunches(nil); err != nil || string(got) != "[]" {
		t.Errorf("without services: got %s, %v", got, err)
	}
}

func TestEncodeLaunches_NothingToStart_IsTheAuthorsToFix(t *testing.T) {
	t.Parallel()
	containers := mustRead(t, `{"services": [{"name": "postgres:17", "alias": "db"}, {"name": "redis", "command": ["redis-server"]}, {"name": "scratch"}]}`)
	got, err := containers.EncodeLaunches([]*ImageConfig{nil, nil, {}})
	wantRefusal(t, err,
		"service postgres:17 (db) cannot be started, since its registry could not be asked for the image's entry point and command: write entrypoint or command",
		"service scratch cannot be started, since its image has neither an entry point nor a command",
	)
	if got != nil || strings.Contains(err.Error(), "redis") {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestEntrypointNote_CommandWithoutKnownEntrypoint_IsNamed(t *testing.T) {
	t.Parallel()
	containers := mustRead(t, `{"services": [{"name": "a", "command": ["x"]}, {"name": "b", "command": ["x"]}, {"name": "c", "command": ["x"], "entrypoint": ["y"]}, {"name": "d"}]}`)
	if got := containers.EntrypointNote([]*ImageConfig{{}}); !strings.HasPrefix(got, "only the command of service b is run,") {
		t.Errorf("got %q", got)
	}
	if got := containers.EntrypointNote([]*ImageConfig{{}, {}}); got != "" {
		t.Errorf("got %q", got)
	}
}
