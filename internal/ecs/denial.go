package ecs

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
)

// actionPattern finds the IAM action in what AWS says about a missing
// permission. It may differ from the call's: RunTask also needs iam:PassRole.
var actionPattern = pattern(`not authorized to perform: ([a-z0-9-]+:[A-Za-z0-9]+)`)

// missingAction is the IAM action that AWS refused: the one it names, else that
// of the innermost call, since an error on the way to a role wraps that of
// sts:AssumeRole.
func missingAction(err error, message string) string {
	if found := actionPattern().FindStringSubmatch(message); found != nil {
		return found[1]
	}
	action := ""
	for call := (*smithy.OperationError)(nil); errors.As(err, &call); err = call.Err {
		action = strings.ToLower(call.Service()) + ":" + call.Operation()
	}
	return action
}

// What AWS says about the policy that refuses a call. Source: "Troubleshoot
// access denied error messages" in the IAM user guide.
var (
	explicitDeny  = pattern(`explicit deny in (?:an? |the )?([A-Za-z -]*(?:policy|boundary))`)
	implicitLimit = pattern(`because no ([A-Za-z -]*(?:policy|boundary)) allows`)
)

// accessFix says what must change so that AWS allows a call.
func accessFix(err error, code, message string) string {
	if credentialCodes[code] {
		return "give the identity in use valid credentials, see docs/aws-permissions.md"
	}
	action := missingAction(err, message)
	if found := explicitDeny().FindStringSubmatch(message); found != nil {
		return fmt.Sprintf("an explicit deny in %s takes away the permission %s, whatever other policies allow: have it changed, see docs/aws-permissions.md",
			withArticle(found[1]), action)
	}
	if found := implicitLimit().FindStringSubmatch(message); found != nil && !strings.Contains(found[1], "identity-based") {
		return fmt.Sprintf("allow %s in %s too, which limits the identity in use, see docs/aws-permissions.md", action, withArticle(found[1]))
	}
	return fmt.Sprintf("give the identity in use the permission %s, see docs/aws-permissions.md", action)
}

func withArticle(policy string) string {
	if strings.HasPrefix(policy, "i") {
		return "an " + policy
	}
	return "a " + policy
}

// serviceLinkedRoleFix is what an account needs once, before its first task.
// Source: "Using service-linked roles for Amazon ECS" in the ECS developer
// guide.
const serviceLinkedRoleFix = "create the role once in this account: aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com"

func lacksServiceLinkedRole(message string) bool {
	lower := strings.ReplaceAll(strings.ToLower(message), "-", " ")
	return strings.Contains(lower, "service linked role")
}
