package doctor

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/classcheck"
)

// subjects are the checks of classes, by their conditions.
var subjects = map[string]string{
	v1alpha1.ConditionClusterActive:        "cluster",
	v1alpha1.ConditionCapacityDefined:      "capacity",
	v1alpha1.ConditionTaskDefinitionUsable: "task definition",
	v1alpha1.ConditionNetworkUsable:        "network",
}

// checkTemplate runs the checks that the controller runs on a class.
func (e *examination) checkTemplate(ctx context.Context) []Finding {
	e.found = classcheck.Look(ctx, e.aws, e.template)
	var findings []Finding
	for _, o := range classcheck.Judge(e.template, e.found) {
		findings = append(findings, e.translate(o)...)
	}
	return findings
}

func (e *examination) translate(o classcheck.Outcome) []Finding {
	subject := subjects[o.Condition]
	switch {
	case o.Status == metav1.ConditionTrue:
		return []Finding{okf(subject, "%s", o.Message)}
	case o.Condition == v1alpha1.ConditionTaskDefinitionUsable && isDenied(o.Unanswered):
		return []Finding{{
			Level: Failure, Subject: "permissions", What: o.Message,
			Why: consequences["ecs:DescribeTaskDefinition"], Fix: e.attach(e.policy),
		}}
	case o.Unanswered != nil:
		return []Finding{e.unanswered(subject, o.Unanswered)}
	}
	// Without problems another check must pass first, and reports itself.
	var findings []Finding
	for _, problem := range o.Problems {
		why, fix := e.advise(problem.Reason)
		findings = append(findings, Finding{Level: Failure, Subject: subject, What: problem.Message, Why: why, Fix: fix})
	}
	return findings
}
