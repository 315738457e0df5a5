package ecs

import (
	"errors"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/fargate-operator/fargate-operator/internal/text"
)

// maxMessage is how many bytes of AWS's message are kept: it ends up in
// conditions, events and job logs.
const maxMessage = 1024

// RequestID returns AWS's id of the failed call, for the log and for AWS
// Support. It is empty if there was no answer; of joined errors it is the first
// that has one.
func RequestID(err error) string {
	var response *awshttp.ResponseError
	if !errors.As(err, &response) {
		return ""
	}
	return response.ServiceRequestID()
}

// abridge shortens what AWS says to what a condition, an event and a job log
// can hold.
func abridge(message string) string {
	return text.AbridgeBytes(strings.TrimSpace(message), maxMessage)
}
