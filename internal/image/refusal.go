package image

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/fargate-operator/fargate-operator/internal/proxy"
)

// The codes of registries by what they mean for us. Source: "Error codes" in the
// OCI distribution specification.
var (
	deniedCodes    = []transport.ErrorCode{transport.UnauthorizedErrorCode, transport.DeniedErrorCode}
	transientCodes = []transport.ErrorCode{transport.TooManyRequestsErrorCode, transport.UnavailableErrorCode}
)

// refusal says what a registry's own error means.
func (v *visit) refusal(err *transport.Error) *Error {
	fault := v.meaning(err)
	fault.Detail = words(v.login.scrub(fmt.Sprintf("%s answers with the status %d: %s", hostOf(err), err.StatusCode, messages(err))))
	return fault
}

func (v *visit) meaning(err *transport.Error) *Error {
	said := v.said(err)
	switch status := err.StatusCode; {
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= http.StatusInternalServerError, hasCode(err, transientCodes):
		fault := unavailable("its registry cannot be asked now: " + said)
		fault.passing = true
		return fault
	case isDenial(err):
		return v.denial(said)
	case status == http.StatusForbidden, !isAPI(err):
		fault := unavailable("its registry, or something on the way to it, refuses to be asked: " + said)
		fault.Fix = "an administrator can have requests of the controller let through"
		return fault
	case err.Request != nil && err.Request.URL.Path == "/v2/":
		return &Error{
			Reason: NotFound, Problem: fmt.Sprintf("%s is not a registry: %s", v.pulled.host, said),
			Fix: "correct the registry in the image's name",
		}
	default:
		return &Error{
			Reason: NotFound, Problem: "its registry does not have it: " + said,
			Fix: "correct the name and its tag or digest, or push the image first",
		}
	}
}

// isDenial reports whether a registry, or what gives out its tokens, does not let
// the login read the image. A page of something else does not say so.
func isDenial(err *transport.Error) bool {
	return err.StatusCode == http.StatusUnauthorized || hasCode(err, deniedCodes) ||
		len(err.Errors) > 0 && (err.StatusCode == http.StatusForbidden || !isAPI(err))
}

// denial means nothing for the task if that pulls with another identity.
func (v *visit) denial(said string) *Error {
	switch {
	case v.login.forLooks:
		return &Error{
			Reason: RegistryUnavailable, Problem: "its registry does not let the controller read it: " + said,
			Fix: "correct the name if the image does not exist; otherwise have an administrator give the controller's identity the permissions " +
				"ecr:BatchGetImage and ecr:GetDownloadUrlForLayer for it",
		}
	case v.login.isNobody():
		return &Error{Reason: Denied, Problem: "it is not public: " + said, Fix: deniedFix}
	default:
		return &Error{Reason: Denied, Problem: "its registry does not let the class' credentials read it: " + said, Fix: deniedFix}
	}
}

// deniedFix has both who may have to act: many registries say the same of what
// does not exist.
const deniedFix = "correct the name if the image does not exist; otherwise have an administrator give the class a secret for its registry that may read it"

// isAPI reports whether the registry itself has refused, and not what gives out
// its tokens.
func isAPI(err *transport.Error) bool {
	return err.Request == nil || strings.HasPrefix(err.Request.URL.Path, "/v2/")
}

func hasCode(err *transport.Error, codes []transport.ErrorCode) bool {
	return slices.ContainsFunc(err.Errors, func(d transport.Diagnostic) bool { return slices.Contains(codes, d.Code) })
}

// said is what the registry says, in its own words if they are in the form of a
// registry: a page of something else is not repeated, and nothing that another
// host says.
func (v *visit) said(err *transport.Error) string {
	said := ""
	if err.Request == nil || err.Request.URL.Host == v.ref.Context().RegistryStr() {
		said = words(v.login.scrub(messages(err)))
	}
	if said == "" {
		said = fmt.Sprintf("it answers with the status %d %s and says no more", err.StatusCode, http.StatusText(err.StatusCode))
	}
	if err.Request != nil {
		said += through(proxy.For(err.Request.URL))
	}
	return said
}

// messages are those of an answer in the form of a registry.
func messages(err *transport.Error) string {
	var list []string
	for _, d := range err.Errors {
		list = append(list, strings.TrimSuffix(fmt.Sprintf("%s: %s", d.Code, d.Message), ": "))
	}
	return strings.Join(list, "; ")
}

func hostOf(err *transport.Error) string {
	if err.Request == nil {
		return "its registry"
	}
	return err.Request.URL.Host
}

// through puts what names a proxy at the end of a sentence.
func through(name string) string {
	if name == "" {
		return ""
	}
	return " (" + name + ")"
}
