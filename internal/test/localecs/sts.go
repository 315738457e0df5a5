package localecs

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"
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

// permissions are not needed: everybody may ask who they are (source:
// GetCallerIdentity in the STS API reference), and the local account trusts
// everybody.
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

// stsActions are what the local STS does. They return a structure for
// encoding/xml.
var stsActions = map[string]func(s *Server, form url.Values, caller string) any{
	"AssumeRole":        (*Server).assumeRole,
	"GetCallerIdentity": (*Server).callerIdentity,
}

// stsOperation finds the action that a form names.
func (s *Server) stsOperation(body []byte, caller, requestID string) (action string, run operation) {
	form, err := url.ParseQuery(string(body))
	action = form.Get("Action")
	do := stsActions[action]
	if err != nil || do == nil {
		return action, func(Fault) ([]byte, error) { return nil, unknownAction("STS", action) }
	}
	return action, func(Fault) ([]byte, error) {
		return xml.Marshal(struct {
			XMLName   xml.Name
			Result    any
			RequestID string `xml:"ResponseMetadata>RequestId"`
		}{xml.Name{Space: stsNamespace, Local: action + "Response"}, do(s, form, caller), requestID})
	}
}

// callerIdentity names the caller as refusals do.
func (s *Server) callerIdentity(_ url.Values, caller string) any {
	return struct {
		XMLName xml.Name `xml:"GetCallerIdentityResult"`
		ARN     string   `xml:"Arn"`
		UserID  string   `xml:"UserId"`
		Account string
	}{ARN: s.callerARN(caller), UserID: "local:local", Account: s.config.Account}
}

// assumedFor is how long the credentials of a role are valid.
const assumedFor = time.Hour

// assumeRole lets everybody assume every role. The access key is the role's name,
// so that SetPolicy can limit it.
func (s *Server) assumeRole(form url.Values, _ string) any {
	arn := form.Get("RoleArn")
	return struct {
		XMLName         xml.Name `xml:"AssumeRoleResult"`
		AccessKeyID     string   `xml:"Credentials>AccessKeyId"`
		SecretAccessKey string   `xml:"Credentials>SecretAccessKey"`
		SessionToken    string   `xml:"Credentials>SessionToken"`
		Expiration      string   `xml:"Credentials>Expiration"`
	}{
		AccessKeyID: arn[strings.LastIndex(arn, "/")+1:], SecretAccessKey: "local", SessionToken: "local",
		Expiration: s.now().Add(assumedFor).UTC().Format(time.RFC3339),
	}
}

func (s *Server) callerARN(caller string) string {
	return fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/local", s.config.Account, caller)
}
