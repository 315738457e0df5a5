package ecs

import (
	"errors"
	"strings"
	"unicode/utf8"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
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

// shorten cuts what AWS says to maxMessage bytes of valid UTF-8.
func shorten(message string) string {
	message = strings.ToValidUTF8(strings.TrimSpace(message), "\uFFFD")
	if len(message) <= maxMessage {
		return message
	}
	const ellipsis = "…"
	end := maxMessage - len(ellipsis)
	for !utf8.RuneStart(message[end]) {
		end--
	}
	return message[:end] + ellipsis
}
