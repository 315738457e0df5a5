package executor

import "testing"

func TestConsolePage_IsOfTheTasksPartitionAndRegion(t *testing.T) {
	for taskARN, want := range map[string]string{
		"arn:aws:ecs:eu-central-1:123456789012:task/ci/abc":           "https://console.aws.amazon.com/ecs/v2/clusters/ci/tasks/abc?region=eu-central-1",
		"arn:aws-cn:ecs:cn-north-1:123456789012:task/ci/abc":          "https://console.amazonaws.cn/ecs/v2/clusters/ci/tasks/abc?region=cn-north-1",
		"arn:aws-us-gov:ecs:us-gov-west-1:123456789012:task/ci/abc":   "https://console.amazonaws-us-gov.com/ecs/v2/clusters/ci/tasks/abc?region=us-gov-west-1",
		"arn:aws-iso:ecs:us-iso-east-1:123456789012:task/ci/abc":      "",
		"arn:aws:ecs:eu-central-1:123456789012:task/without-cluster":  "",
		"arn:aws:ecs:eu-central-1:123456789012:task/a b/\x1b[31m?x=1": "https://console.aws.amazon.com/ecs/v2/clusters/a%20b/tasks/%1B%5B31m%3Fx=1?region=eu-central-1",
		"abc": "",
		"":    "",
	} {
		if got := consolePage(taskARN); got != want {
			t.Errorf("%s: got %q, want %q", taskARN, got, want)
		}
	}
}
