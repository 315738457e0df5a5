package ecs

import (
	"github.com/aws/smithy-go"
)

// innerCodePattern finds the code of the error that a service passes on in its
// own message, in the forms of the Java and Go SDKs that AWS's services use:
// "(ErrorCode: X)", "Error Code: X" and "api error X:".
var innerCodePattern = pattern(`(?:Error ?Code: ?|api error )([A-Za-z][A-Za-z0-9.]*)`)

// innerCode is the code of the error inside an AWS error's message, or empty.
func innerCode(api smithy.APIError) string {
	found := innerCodePattern().FindAllStringSubmatch(api.ErrorMessage(), -1)
	if found == nil {
		return ""
	}
	return found[len(found)-1][1]
}

// passes reports whether a message from AWS names a cause that goes away by
// itself.
func passes(message string) bool {
	cause, known := causeOf(message)
	return known && cause.transient
}
