package localecs

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"

	"github.com/fargate-operator/fargate-operator/internal/localecs/iam"
)

// stsVersion is in the requests to STS and in no other.
const stsVersion = "Version=2011-06-15"

const stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"

// stsProtocol is the query protocol as STS speaks it: forms in, XML out.
type stsProtocol struct{}

func (stsProtocol) contentType() string { return "text/xml" }

func (stsProtocol) throttled() *APIError {
	return &APIError{Code: "Throttling", Message: "Rate exceeded"}
}

func (stsProtocol) denied(problem string) *APIError {
	return &APIError{Code: "AccessDenied", Message: problem, Status: http.StatusForbidden}
}

// permissions are none: everybody may ask who they are. Source: GetCallerIdentity
// in the STS API reference.
func (stsProtocol) permissions(*Server, call) ([]iam.Request, error) { return nil, nil }

func (stsProtocol) encodeError(e *APIError, requestID string) []byte {
	// A structure of strings always encodes.
	body, _ := xml.Marshal(struct {
		XMLName   xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ ErrorResponse"`
		Code      string   `xml:"Error>Code"`
		Message   string   `xml:"Error>Message"`
		RequestID string   `xml:"RequestId"`
	}{Code: e.Code, Message: e.Message, RequestID: requestID})
	return body
}

// stsOperation finds the action that a form names. Only GetCallerIdentity is
// known, which says what refusals call the caller.
func (s *Server) stsOperation(body []byte, caller, requestID string) (action string, run operation) {
	form, err := url.ParseQuery(string(body))
	action = form.Get("Action")
	if err != nil || action != "GetCallerIdentity" {
		return action, func(Fault) ([]byte, error) { return nil, unknownAction("STS", action) }
	}
	return action, func(Fault) ([]byte, error) {
		return xml.Marshal(struct {
			XMLName   xml.Name
			ARN       string `xml:"GetCallerIdentityResult>Arn"`
			UserID    string `xml:"GetCallerIdentityResult>UserId"`
			Account   string `xml:"GetCallerIdentityResult>Account"`
			RequestID string `xml:"ResponseMetadata>RequestId"`
		}{xml.Name{Space: stsNamespace, Local: action + "Response"}, s.callerARN(caller), "local:local", s.config.Account, requestID})
	}
}

func (s *Server) callerARN(caller string) string {
	return fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/local", s.config.Account, caller)
}
