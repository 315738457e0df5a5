package ecs

import (
	"strings"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// failureMeaning is what an entry of RunTask's failures[] means.
type failureMeaning struct {
	class  Class
	reason string
	fix    string
}

// failureMeanings are by the reason of a failure, or the part of it before a
// colon. Source: "Amazon ECS API failure reasons" in the ECS developer guide.
var failureMeanings = map[string]failureMeaning{
	"RESOURCE": {
		NextAttempt, v1alpha1.ReasonCapacityUnavailable,
		"no container instance of the cluster has enough of this free: add instances, or use Fargate",
	},
	"AGENT": {
		NextAttempt, v1alpha1.ReasonCapacityUnavailable,
		"the ECS agent of the container instance is not connected: check the instance, or use Fargate",
	},
	"INACTIVE": {
		NextAttempt, v1alpha1.ReasonCapacityUnavailable,
		"the container instance has been deregistered: add instances, or use Fargate",
	},
	"LOCATION": {
		NextAttempt, v1alpha1.ReasonCapacityUnavailable,
		"no container instance is in the subnet's zone: add instances or subnets, or use Fargate",
	},
	"ATTRIBUTE": {
		Terminal, v1alpha1.ReasonLaunchRefused,
		"no container instance has an attribute that the task definition needs: correct the task definition, or use Fargate",
	},
	"MISSING": {
		Terminal, v1alpha1.ReasonLaunchRefused,
		"what the message names does not exist in this Region and account: correct the FargateTaskClass, or without Kubernetes fargate.toml",
	},
	"MEMORYUTILIZATION": {
		NextAttempt, v1alpha1.ReasonCapacityUnavailable,
		"the container instances are short of memory: add instances, or use Fargate",
	},
}

// failure turns an entry of RunTask's failures[] into an *Error.
func failure(reason, detail string) *Error {
	message := "ECS did not start the task: " + reason
	if detail != "" {
		message += ": " + detail
	}
	meaning := meaningOf(reason, detail)
	message = abridge(steady(message))
	if meaning.fix != "" {
		message += " (" + meaning.fix + ")"
	}
	return &Error{Class: meaning.class, Reason: meaning.reason, Message: message}
}

func meaningOf(reason, detail string) failureMeaning {
	kind, _, _ := strings.Cut(reason, ":")
	if meaning, ok := failureMeanings[strings.ToUpper(strings.TrimSpace(kind))]; ok {
		return meaning
	}
	text := reason + ": " + detail
	switch {
	case isQuota(text):
		return failureMeaning{NextAttempt, v1alpha1.ReasonQuotaExceeded, quotaFix}
	case lacksServiceLinkedRole(text):
		return failureMeaning{Terminal, v1alpha1.ReasonAccessDenied, serviceLinkedRoleFix}
	case actionPattern().MatchString(text):
		return failureMeaning{Terminal, v1alpha1.ReasonAccessDenied, accessFix(nil, "", text)}
	default:
		return failureMeaning{NextAttempt, v1alpha1.ReasonCapacityUnavailable, ""}
	}
}
