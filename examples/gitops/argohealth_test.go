package gitops_test

import (
	"testing"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Argo CD's names of an object's health.
const (
	healthy     = "Healthy"
	progressing = "Progressing"
	degraded    = "Degraded"
)

type health struct{ status, message string }

// argoHealth reads an object's health as Argo CD does: one that is being
// deleted is progressing, for others the script of the kind decides.
func argoHealth(t *testing.T, object *unstructured.Unstructured) health {
	t.Helper()
	if object.GetDeletionTimestamp() != nil {
		return health{progressing, "Pending deletion"}
	}
	settings := examples(t)["argocd/argocd-cm.yaml/ConfigMap/argocd-cm"]
	gvk := object.GroupVersionKind()
	script, found, err := unstructured.NestedString(settings.Object, "data", "resource.customizations.health."+gvk.Group+"_"+gvk.Kind)
	if err != nil || !found {
		t.Fatalf("no health script for %s: %v", gvk.Kind, err)
	}
	return runScript(t, script, object)
}

// runScript runs a health script with what Argo CD gives it: the object, and
// Lua's base and table libraries.
func runScript(t *testing.T, script string, object *unstructured.Unstructured) health {
	t.Helper()
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for name, open := range map[string]lua.LGFunction{lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable} {
		if err := state.CallByParam(lua.P{Fn: state.NewFunction(open), Protect: true}, lua.LString(name)); err != nil {
			t.Fatal(err)
		}
	}
	state.SetGlobal("obj", toLua(t, state, object.Object))
	if err := state.DoString(script); err != nil {
		t.Fatal(err)
	}
	table, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		t.Fatalf("the script returns %s, want a table", state.Get(-1))
	}
	return health{table.RawGetString("status").String(), table.RawGetString("message").String()}
}

// toLua converts a value of an unstructured object.
func toLua(t *testing.T, state *lua.LState, value any) lua.LValue {
	t.Helper()
	switch v := value.(type) {
	case nil:
		return lua.LNil
	case string:
		return lua.LString(v)
	case bool:
		return lua.LBool(v)
	case int64:
		return lua.LNumber(v)
	case []any:
		table := state.NewTable()
		for _, item := range v {
			table.Append(toLua(t, state, item))
		}
		return table
	case map[string]any:
		table := state.NewTable()
		for key, item := range v {
			table.RawSetString(key, toLua(t, state, item))
		}
		return table
	}
	t.Fatalf("cannot give Lua a %T", value)
	return nil
}

func TestHealth_Applications_LetWavesWait(t *testing.T) {
	settings := examples(t)["argocd/argocd-cm.yaml/ConfigMap/argocd-cm"]
	script, found, err := unstructured.NestedString(settings.Object, "data", "resource.customizations.health.argoproj.io_Application")
	if err != nil || !found {
		t.Fatalf("no health script for Applications: %v", err)
	}
	for name, test := range map[string]struct {
		object map[string]any
		want   health
	}{
		"new":     {map[string]any{}, health{progressing, ""}},
		"applied": {map[string]any{"status": map[string]any{"sync": map[string]any{}}}, health{progressing, ""}},
		"known": {
			map[string]any{"status": map[string]any{"health": map[string]any{"status": degraded, "message": "no"}}},
			health{degraded, "no"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := runScript(t, script, &unstructured.Unstructured{Object: test.object}); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
