package ecs

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/fargate-operator/fargate-operator/internal/proxy"
)

// unknownCodes are what the SDK makes of an error that is not in AWS's form.
var unknownCodes = codes("", "UnknownError")

// noAnswer says what came of a call to which AWS gave no answer of its own: none
// at all, or something else's, such as a proxy's page.
func noAnswer(err error) string {
	cause := abridge(steady(rootCause(err).Error()))
	if statusOf(err) == 0 {
		return "AWS could not be reached: " + cause + through(proxy.Of(err))
	}
	return fmt.Sprintf("%s, which is not an answer in AWS's form: %s%s", statusText(err), cause, through(proxyOf(err)))
}

// answerOf says what AWS answered. An error without a code may be that of a proxy
// or of a load balancer.
func answerOf(err error, api smithy.APIError) string {
	code, message := api.ErrorCode(), abridge(steady(api.ErrorMessage()))
	switch {
	case !unknownCodes[code] || statusOf(err) == 0:
		return code + ": " + message
	case unknownCodes[message]:
		return statusText(err) + through(proxyOf(err))
	default:
		return statusText(err) + ": " + message + through(proxyOf(err))
	}
}

func statusText(err error) string {
	status := statusOf(err)
	return fmt.Sprintf("AWS, or something on the way to it, answered with status %d %s", status, http.StatusText(status))
}

// proxyOf names the proxy through which an answer came.
func proxyOf(err error) string {
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) || response.Response == nil || response.Response.Response == nil || response.Response.Request == nil {
		return ""
	}
	return proxy.For(response.Response.Request.URL)
}

// through puts what names a proxy at the end of a sentence.
func through(name string) string {
	if name == "" {
		return ""
	}
	return " (" + name + ")"
}
