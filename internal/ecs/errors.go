package ecs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// Class says what to do about an Error.
type Class int

const (
	// Terminal means that waiting will not change anything.
	Terminal Class = iota
	// RetrySame means that the same call may succeed later.
	RetrySame
	// NextAttempt means that this launch has failed permanently and another one
	// may succeed. The same idempotency token would only replay the failure.
	NextAttempt
)

// Error is a refusal by AWS, or by something on the way to it.
type Error struct {
	Class Class
	// Reason is one of the reasons of the API package.
	Reason string
	// Message is a sentence for people: what is wrong, and the fix where one
	// is known.
	Message string
	// AnswerLost is true for a launch if a try got no answer: ECS may have
	// started the task, whatever it said later.
	AnswerLost bool
	cause      error
}

func (e *Error) Error() string { return e.Message }

// Unwrap returns the SDK's error, which has the request id. It is nil for the
// failures that RunTask reports in a successful response.
func (e *Error) Unwrap() error { return e.cause }

// The AWS error codes by what they mean for us. Source: the error lists of the
// ECS API reference ("Common errors" and each action's) and of the EC2 API
// reference.
var (
	deniedCodes     = codes("AccessDeniedException", "AccessDenied", "UnauthorizedOperation")
	credentialCodes = codes("UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException",
		"AuthFailure", "OptInRequired", "MissingAuthenticationToken", "MissingAuthenticationTokenException")
	transientCodes = codes("ServerException", "ServiceUnavailable", "ServiceUnavailableException", "InternalFailure", "InternalError",
		"RequestTimeout", "RequestExpired", "ExpiredToken", "ExpiredTokenException", "Unavailable", "IDPCommunicationError")
	refusedCodes = codes("BlockedException", "PlatformUnknownException",
		"PlatformTaskDefinitionIncompatibilityException", "UnsupportedFeatureException")
	missingInterfaceCodes = codes("InvalidNetworkInterfaceID.NotFound", "InvalidNetworkInterfaceId.Malformed")
)

func codes(list ...string) map[string]bool {
	set := make(map[string]bool, len(list))
	for _, code := range list {
		set[code] = true
	}
	return set
}

func hasCode(err error, set map[string]bool) bool {
	var api smithy.APIError
	return errors.As(err, &api) && set[api.ErrorCode()]
}

// isThrottled reports whether AWS, or a proxy in between, wants fewer calls.
func isThrottled(err error, api smithy.APIError) bool {
	return throttles(api.ErrorCode()) || throttles(innerCode(api)) || statusOf(err) == http.StatusTooManyRequests
}

func throttles(code string) bool {
	_, ok := retry.DefaultThrottleErrorCodes[code]
	return ok
}

// isServerFault reports whether the server is at fault, not the caller. A proxy
// or a load balancer has no AWS error code, only a status.
func isServerFault(err error, api smithy.APIError) bool {
	return transientCodes[api.ErrorCode()] || transientCodes[innerCode(api)] || api.ErrorFault() == smithy.FaultServer ||
		statusOf(err) >= http.StatusInternalServerError
}

// statusOf is the status of the HTTP response, or 0 if there was none.
func statusOf(err error) int {
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) {
		return 0
	}
	return response.HTTPStatusCode()
}

// Classify turns an SDK error into an *Error, whose message begins with what was
// being done: a gerund and the object. It returns nil for nil, and the error
// itself if it is the context's.
func Classify(err error, doing string, loc Location) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return &Error{Class: RetrySame, Reason: v1alpha1.ReasonRetrying, Message: doing + ": " + noAnswer(err), cause: err}
	}
	class, reason, fix := verdict(err, api, loc)
	message := fmt.Sprintf("%s: %s", doing, answerOf(err, api))
	if fix != "" {
		message = fmt.Sprintf("%s (%s)", message, fix)
	}
	return &Error{Class: class, Reason: reason, Message: message, cause: err}
}

// verdict says what an AWS error means and how to fix it. It uses the inner
// cause: ECS passes on answers from EC2, IAM and others under its own code.
func verdict(err error, api smithy.APIError, loc Location) (class Class, reason, fix string) {
	code, message := api.ErrorCode(), api.ErrorMessage()
	switch {
	case lacksServiceLinkedRole(message):
		return Terminal, v1alpha1.ReasonAccessDenied, serviceLinkedRoleFix
	case deniedCodes[code], credentialCodes[code], deniedCodes[innerCode(api)]:
		return Terminal, v1alpha1.ReasonAccessDenied, accessFix(err, code, message)
	case isThrottled(err, api), isServerFault(err, api):
		return RetrySame, v1alpha1.ReasonRetrying, ""
	default:
		return refusal(code, message, loc)
	}
}

// refusal says what a refusal means that is neither for want of a permission nor
// a fault of AWS's own.
func refusal(code, message string, loc Location) (class Class, reason, fix string) {
	switch {
	case code == "ClusterNotFoundException":
		return Terminal, v1alpha1.ReasonClusterNotFound,
			fmt.Sprintf("create the cluster %q in region %s or correct cluster and region", loc.Cluster, loc.Region)
	case strings.Contains(message, "No Container Instances were found"):
		return Terminal, v1alpha1.ReasonNoCapacityProvider,
			fmt.Sprintf("give the cluster %q a default capacity provider strategy such as FARGATE, or set capacity in the FargateTaskClass or LaunchType in fargate.toml", loc.Cluster)
	case isQuota(message):
		return NextAttempt, v1alpha1.ReasonQuotaExceeded, quotaFix
	case isCapacity(message):
		return NextAttempt, v1alpha1.ReasonCapacityUnavailable, ""
	case refusedCodes[code]:
		return Terminal, v1alpha1.ReasonLaunchRefused, ""
	case code == "ClientException" && mentionsTaskDefinition(message):
		return Terminal, v1alpha1.ReasonTaskDefinitionNotFound, "register the task definition in this region or correct its name"
	case passes(message):
		return RetrySame, v1alpha1.ReasonRetrying, ""
	case code == "InvalidParameterException", code == "ClientException":
		return Terminal, v1alpha1.ReasonInvalidParameter, ""
	default:
		return Terminal, v1alpha1.ReasonLaunchRefused, ""
	}
}

// quotaFix is what to do when the account's Fargate quota is used up.
const quotaFix = "ask AWS for a higher Fargate quota or run fewer jobs at a time"

func isQuota(message string) bool {
	return strings.Contains(message, "reached the limit on the number of")
}

func isCapacity(message string) bool {
	return strings.Contains(message, "Capacity is unavailable") || strings.Contains(message, "provisioning capacity limit exceeded")
}

func mentionsTaskDefinition(message string) bool {
	lower := strings.ReplaceAll(strings.ToLower(message), " ", "")
	return strings.Contains(lower, "taskdefinition") &&
		(strings.Contains(lower, "notfound") || strings.Contains(lower, "unabletodescribe") || strings.Contains(lower, "inactive"))
}
