package ecs

import (
	"errors"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/fargate-operator/fargate-operator/internal/text"
)

// maxMessage is how many bytes of what AWS says are kept: it ends up in
// conditions, events and job logs.
const maxMessage = 1024

// RequestID returns the id under which AWS knows the call that failed, for the
// log and for AWS's support. It is empty if there was no answer; of joined errors
// it is the first that has one.
func RequestID(err error) string {
	var response *awshttp.ResponseError
	if !errors.As(err, &response) {
		return ""
	}
	return response.ServiceRequestID()
}

// abridge keeps of what AWS says what a condition, an event and a job log take.
func abridge(message string) string {
	return text.AbridgeBytes(strings.TrimSpace(message), maxMessage)
}
