package ecs

import (
	"strings"
)

// rootCause is the innermost error: the SDK wraps a refused connection six
// times. Of joined errors it is the first one's: what follows says that the SDK
// has no retries left.
func rootCause(err error) error {
	for {
		var next error
		switch wrapper := err.(type) { //nolint:errorlint // This is what errors.Is and errors.As do.
		case interface{ Unwrap() error }:
			next = wrapper.Unwrap()
		case interface{ Unwrap() []error }:
			if inner := wrapper.Unwrap(); len(inner) > 0 {
				next = inner[0]
			}
		}
		if next == nil {
			return err
		}
		err = next
	}
}

// These parts differ from one try to the next: the ports of a connection, ids
// of a request, the blob that EC2 sends with a refusal, and times.
var (
	localEnd    = pattern(`[0-9a-fA-F.:\[\]]+:\d+->`)
	requestIDs  = pattern(`(?i)[,;]? ?(x-amzn-)?request ?id:? ?[0-9a-f][0-9a-f-]{7,}`)
	encodedBlob = pattern(`(?i)\.? ?encoded authorization failure message: ?\S+`)
	timestamps  = pattern(`\b\d{4}-?\d{2}-?\d{2}[T ]\d{2}:?\d{2}:?\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})?( [+-]\d{4} [A-Z]+)?`)
)

// userInfo is the user name and the password of a URL, such as that of an endpoint
// in the environment.
var userInfo = pattern(`(://)[^\s/"'@]+@`)

// withoutCredentials removes user names and passwords from the URLs in a message.
func withoutCredentials(message string) string {
	return userInfo().ReplaceAllString(message, "$1")
}

// steady removes from a message what belongs to one try only, and credentials, and
// puts it on one line. It ends up in conditions, where each change wakes the job, adds to
// the job's log, and hides that nothing has changed.
func steady(message string) string {
	message = withoutCredentials(message)
	message = localEnd().ReplaceAllString(message, "")
	message = encodedBlob().ReplaceAllString(message, "")
	message = requestIDs().ReplaceAllString(message, "")
	message = timestamps().ReplaceAllString(message, "<time>")
	return strings.Join(strings.Fields(message), " ")
}
