package taskrules

import "testing"

func TestMatches(t *testing.T) {
	const definition = "arn:aws:ecs:us-east-1:123456789012:task-definition/ci-go:7"
	for _, test := range []struct {
		patterns []string
		value    string
		want     bool
	}{
		{nil, "ci", false},
		{[]string{"ci"}, "ci", true},
		{[]string{"ci"}, "ci-go", false},
		{[]string{"ci"}, "my-ci", false},
		{[]string{"deploy", "ci-*"}, "ci-go:7", true},
		{[]string{"ci-?"}, "ci-1", true},
		{[]string{"ci-?"}, "ci-10", false},
		{[]string{"*"}, definition, true},
		{[]string{"*/ci-*"}, definition, true},
		{[]string{"ci-*"}, definition, false},
		{[]string{"ci.go"}, "ci-go", false},
		{[]string{"ci-[ab]"}, "ci-a", false},
		{[]string{`ci-[`, `ci\`}, `ci-[`, true},
		{[]string{"*"}, "two\nlines", true},
	} {
		if got := Matches(test.patterns, test.value); got != test.want {
			t.Errorf("%q with %q: got %t", test.value, test.patterns, got)
		}
	}
}
