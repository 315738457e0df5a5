package localecs

import (
	"net/http"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"
)

func (ec2Protocol) denied(problem string) *APIError {
	return &APIError{
		Code:    "UnauthorizedOperation",
		Message: "You are not authorized to perform this operation. " + problem,
		Status:  http.StatusForbidden,
	}
}

// permissions is just the action: EC2's Describe actions have no resources.
// Source: Service Authorization Reference, Amazon EC2.
func (ec2Protocol) permissions(_ *Server, c call) ([]iam.Request, error) {
	return []iam.Request{{Action: "ec2:" + c.action, Resource: "*"}}, nil
}
