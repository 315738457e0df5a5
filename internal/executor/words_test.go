package executor

import (
	"reflect"
	"testing"

	"k8s.io/apimachinery/pkg/types"
)

func TestWords_Job_AreOfItsMode(t *testing.T) {
	for name, test := range map[string]struct {
		job  types.NamespacedName
		want map[string]string
	}{
		"in Kubernetes": {types.NamespacedName{Namespace: "ci", Name: "job-1"}, map[string]string{
			"job": "FargateJob ci/job-1", "unattended": "watches namespace ci", "overdue": "check that the controller is running",
			"vanished": "the runner's pod", "undeleted": "kubectl -n ci delete fargatejob job-1",
		}},
		"without Kubernetes": {types.NamespacedName{Name: "job-1"}, map[string]string{
			"job": "job-1", "unattended": "can reach AWS", "overdue": "can reach AWS",
			"vanished": "fargate sweep", "undeleted": "fargate sweep",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got := reflect.ValueOf(wordsFor(test.job))
			for i := range got.NumField() {
				field := got.Type().Field(i).Name
				if test.want[field] == "" {
					t.Errorf("this test wants nothing of %s", field)
				}
				wantText(t, got.Field(i).String(), test.want[field])
			}
		})
	}
}
