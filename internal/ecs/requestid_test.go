package ecs

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/smithy-go"
)

func TestRequestID_NoAnswer_IsEmpty(t *testing.T) {
	for _, err := range []error{nil, errors.New("connection refused"), Classify(errors.New("connection refused"), "describing tasks", Location{})} {
		if got := RequestID(err); got != "" {
			t.Errorf("%v has the request id %q", err, got)
		}
	}
}

func TestClassify_LongMessage_IsTruncated(t *testing.T) {
	for name, message := range map[string]string{
		"short":         "no",
		"long":          strings.Repeat("x", 5000),
		"cut in a rune": strings.Repeat("é", 5000),
		"not UTF-8":     "no \xff",
	} {
		t.Run(name, func(t *testing.T) {
			const before = "describing tasks: Odd: "
			got := strings.TrimPrefix(Classify(&smithy.GenericAPIError{Code: "Odd", Message: message}, "describing tasks", Location{}).Error(), before)
			if len(got) > maxMessage || !utf8.ValidString(got) {
				t.Errorf("%d bytes, valid UTF-8: %t", len(got), utf8.ValidString(got))
			}
			if long := len(message) > maxMessage; long != strings.HasSuffix(got, "…") {
				t.Errorf("%q does not show whether it was cut", got)
			}
		})
	}
}
