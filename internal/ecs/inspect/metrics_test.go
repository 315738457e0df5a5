package inspect

import (
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOperations_AreThoseOfTheInterfaces(t *testing.T) {
	want := map[string][]string{}
	for service, apis := range map[string][]reflect.Type{
		"ECS": {reflect.TypeFor[clustersAPI](), reflect.TypeFor[definitionsAPI]()},
		"EC2": {reflect.TypeFor[networksAPI]()},
	} {
		for _, api := range apis {
			for i := range api.NumMethod() {
				want[service] = append(want[service], api.Method(i).Name)
			}
		}
		slices.Sort(want[service])
	}
	if diff := cmp.Diff(want, Operations()); diff != "" {
		t.Errorf("operations differ (-interfaces +table):\n%s", diff)
	}
}
