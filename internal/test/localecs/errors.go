package localecs

import (
	"fmt"
	"net/http"
)

// APIError is an error answer of ECS or EC2.
type APIError struct {
	// Code is the error's code, such as "ClusterNotFoundException".
	Code string
	// Message is the text for people.
	Message string
	// Status is the HTTP status. Zero means 400.
	Status int
	// ResourceIDs belongs to ConflictException: the ARNs of the existing tasks.
	ResourceIDs []string
}

// Error returns the code and the message.
func (e *APIError) Error() string { return e.Code + ": " + e.Message }

func (e *APIError) status() int {
	if e.Status == 0 {
		return http.StatusBadRequest
	}
	return e.Status
}

func invalidParameter(format string, args ...any) *APIError {
	return &APIError{Code: "InvalidParameterException", Message: fmt.Sprintf(format, args...)}
}

func clientException(format string, args ...any) *APIError {
	return &APIError{Code: "ClientException", Message: fmt.Sprintf(format, args...)}
}

func clusterNotFound() *APIError {
	return &APIError{Code: "ClusterNotFoundException", Message: "Cluster not found."}
}

// serverException is what the caller sees of an internal problem of this server.
func serverException(err error) *APIError {
	return &APIError{Code: "ServerException", Message: err.Error(), Status: http.StatusInternalServerError}
}
