package iam

import "testing"

const (
	clusterCI = "arn:aws:ecs:eu-west-1:111122223333:cluster/ci"
	taskInCI  = "arn:aws:ecs:eu-west-1:111122223333:task/ci/0123"
)

// allow is a statement about tasks with one thing changed.
func allow(change func(*Statement)) Statement {
	s := Statement{Effect: Allow, Action: []string{"ecs:StopTask"}, Resource: []string{"*"}}
	change(&s)
	return s
}

func TestEvaluate_Request_IsAllowedIfAllPartsOfAStatementFit(t *testing.T) {
	request := Request{Action: "ecs:StopTask", Resource: taskInCI, Context: map[string]string{"ecs:cluster": clusterCI}}
	condition := func(operator, key string, values ...string) func(*Statement) {
		return func(s *Statement) { s.Condition = map[string]map[string][]string{operator: {key: values}} }
	}
	for name, test := range map[string]struct {
		change func(*Statement)
		want   Decision
	}{
		"the action":                       {func(*Statement) {}, Allowed},
		"the action in another case":       {func(s *Statement) { s.Action = []string{"ECS:stoptask"} }, Allowed},
		"a wildcard action":                {func(s *Statement) { s.Action = []string{"ecs:Stop*"} }, Allowed},
		"another action":                   {func(s *Statement) { s.Action = []string{"ecs:RunTask"} }, ImplicitlyDenied},
		"an action that only begins alike": {func(s *Statement) { s.Action = []string{"ecs:Stop"} }, ImplicitlyDenied},
		"the resource":                     {func(s *Statement) { s.Resource = []string{taskInCI} }, Allowed},
		"one of the resources":             {func(s *Statement) { s.Resource = []string{clusterCI, taskInCI} }, Allowed},
		"a wildcard resource":              {func(s *Statement) { s.Resource = []string{"arn:aws:ecs:*:111122223333:task/ci/*"} }, Allowed},
		"a resource of another cluster":    {func(s *Statement) { s.Resource = []string{"arn:aws:ecs:*:111122223333:task/other/*"} }, ImplicitlyDenied},
		"a wildcard across parts":          {func(s *Statement) { s.Resource = []string{"arn:aws:ecs:*:task/ci/*"} }, ImplicitlyDenied},
		"ArnEquals":                        {condition("ArnEquals", "ecs:cluster", clusterCI), Allowed},
		"ArnEquals with a wildcard":        {condition("ArnEquals", "ecs:cluster", "arn:aws:ecs:*:111122223333:cluster/c?"), Allowed},
		"ArnEquals of another":             {condition("ArnEquals", "ecs:cluster", clusterCI+"2"), ImplicitlyDenied},
		"ArnEquals of a missing key":       {condition("ArnEquals", "ecs:service", "*"), ImplicitlyDenied},
		"StringEquals":                     {condition("StringEquals", "ecs:cluster", "x", clusterCI), Allowed},
		"StringEquals knows no wildcard":   {condition("StringEquals", "ecs:cluster", "*"), ImplicitlyDenied},
		"StringEquals of a missing key":    {condition("StringEquals", "ecs:service", ""), ImplicitlyDenied},
		"Null false of a key":              {condition("Null", "ecs:cluster", "false"), Allowed},
		"Null true of a key":               {condition("Null", "ecs:cluster", "true"), ImplicitlyDenied},
		"Null false of a missing key":      {condition("Null", "ecs:service", "false"), ImplicitlyDenied},
		"Null true of a missing key":       {condition("Null", "ecs:service", "true"), Allowed},
	} {
		policy := Policy{Statement: []Statement{allow(test.change)}}
		if got := policy.Evaluate(request); got != test.want {
			t.Errorf("%s: decided %d, want %d", name, got, test.want)
		}
	}
}

func TestEvaluate_SeveralConditions_MustAllHold(t *testing.T) {
	policy := Policy{Statement: []Statement{allow(func(s *Statement) {
		s.Condition = map[string]map[string][]string{"StringEquals": {"a": {"1"}, "b": {"2"}}}
	})}}
	request := Request{Action: "ecs:StopTask", Resource: taskInCI, Context: map[string]string{"a": "1"}}
	if got := policy.Evaluate(request); got != ImplicitlyDenied {
		t.Errorf("decided %d although b is missing", got)
	}
	request.Context["b"] = "2"
	if got := policy.Evaluate(request); got != Allowed {
		t.Errorf("decided %d although both hold", got)
	}
}

func TestEvaluate_Deny_WinsOverAnyAllow(t *testing.T) {
	denial := allow(func(s *Statement) { s.Effect = Deny })
	policy := Policy{Statement: []Statement{denial, allow(func(*Statement) {})}}
	if got := policy.Evaluate(Request{Action: "ecs:StopTask", Resource: taskInCI}); got != ExplicitlyDenied {
		t.Errorf("decided %d, want %d", got, ExplicitlyDenied)
	}
}

func TestEvaluate_NoStatement_IsDenied(t *testing.T) {
	if got := (&Policy{}).Evaluate(Request{Action: "ecs:StopTask", Resource: "*"}); got != ImplicitlyDenied {
		t.Errorf("decided %d, want %d", got, ImplicitlyDenied)
	}
}
