package image

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/fargate-operator/fargate-operator/internal/proxy"
)

// unavailable is a fault that says nothing about the image.
func unavailable(problem string) *Error {
	return &Error{Reason: RegistryUnavailable, Problem: problem, Fix: "try again later"}
}

// faultOf is the *Error in an error of this package.
func faultOf(err error) *Error {
	var fault *Error
	if errors.As(err, &fault) {
		return fault
	}
	return unavailable(words(err.Error()))
}

// fault says what an error means that came of asking a registry.
func (v *visit) fault(ctx context.Context, err error) *Error {
	var known *Error
	var refusal *transport.Error
	var address *addressError
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return unavailable(fmt.Sprintf("its registry has not answered within %d seconds%s", int(lookLimit.Seconds()), through(proxy.Of(err))))
	case errors.As(err, &refusal):
		return v.refusal(refusal)
	case errors.As(err, &address):
		return refusedAddress(address)
	case errors.As(err, &large):
		return tooLarge()
	default:
		return v.noAnswer(err)
	}
}

func refusedAddress(err *addressError) *Error {
	if err.private {
		fault := unavailable("its registry has a public address and refers to a private one, which the author of a job must not reach through it")
		fault.Fix = "an administrator can have the registry's name resolve to a private address here"
		return fault
	}
	return invalid("", "its registry has the address of this machine or its network link", "use an image in a registry")
}

// hasNoAnswer reports whether an error means that another request would fail too.
func (v *visit) hasNoAnswer(ctx context.Context, err error) bool {
	var refusal *transport.Error
	if errors.As(err, &refusal) {
		return v.refusal(refusal).Reason == RegistryUnavailable
	}
	var request *url.Error
	return errors.As(err, &request) || ctx.Err() != nil
}

// noAnswer says why no answer came, or none that can be read.
func (v *visit) noAnswer(err error) *Error {
	cause := err
	var request *url.Error
	if errors.As(err, &request) {
		cause = request.Err // The URL of a redirection may be signed.
	}
	// The rest of several lines may be an answer with a token.
	line, _, _ := strings.Cut(cause.Error(), "\n")
	fault := unavailable(fmt.Sprintf("its registry cannot be asked: %s%s", words(v.login.scrub(line)), through(proxy.Of(err))))
	fault.passing = true
	var certificate *tls.CertificateVerificationError
	var name *net.DNSError
	switch {
	case errors.As(err, &certificate):
		fault.passing = false
		fault.Fix = "an administrator can have its certificate authority trusted here; Fargate itself pulls only from registries whose certificate is public"
	case errors.As(err, &name) && name.IsNotFound:
		fault.passing = false
		fault.Fix = "correct the registry in the image's name, or have an administrator make it resolve here"
	}
	return fault
}

// The codes of registries by what they mean for us. Source: "Error codes" in the
// OCI distribution specification.
var (
	deniedCodes    = []transport.ErrorCode{transport.UnauthorizedErrorCode, transport.DeniedErrorCode}
	transientCodes = []transport.ErrorCode{transport.TooManyRequestsErrorCode, transport.UnavailableErrorCode}
)

// refusal says what a registry's own error means.
func (v *visit) refusal(err *transport.Error) *Error {
	said := v.said(err)
	api := isAPI(err)
	switch status := err.StatusCode; {
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= http.StatusInternalServerError, hasCode(err, transientCodes):
		fault := unavailable("its registry cannot be asked now: " + said)
		fault.passing = true
		return fault
	case status == http.StatusUnauthorized, status == http.StatusForbidden, hasCode(err, deniedCodes), !api && status < http.StatusInternalServerError:
		return &Error{Reason: Denied, Problem: fmt.Sprintf("its registry does not let %s read it: %s", v.asWhom(), said), Fix: deniedFix}
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

// deniedFix has both who may have to act: many registries say the same of what
// does not exist.
const deniedFix = "correct the name, should there be no such image; else have an administrator give the class credentials that may read it: " +
	"a secret for its registry, or for ECR the permissions ecr:BatchGetImage and ecr:GetDownloadUrlForLayer"

func (v *visit) asWhom() string {
	if v.login.isNobody() {
		return "everybody"
	}
	return "the class' credentials"
}

// isAPI reports whether the registry itself has refused, and not what gives out
// its tokens.
func isAPI(err *transport.Error) bool {
	return err.Request == nil || strings.HasPrefix(err.Request.URL.Path, "/v2/")
}

func hasCode(err *transport.Error, codes []transport.ErrorCode) bool {
	return slices.ContainsFunc(err.Errors, func(d transport.Diagnostic) bool { return slices.Contains(codes, d.Code) })
}

// said is what the registry says, in its own words if they are in the form of a
// registry: a page of something else is not repeated.
func (v *visit) said(err *transport.Error) string {
	var list []string
	for _, d := range err.Errors {
		list = append(list, strings.TrimSuffix(fmt.Sprintf("%s: %s", d.Code, d.Message), ": "))
	}
	said := words(v.login.scrub(strings.Join(list, "; ")))
	if said == "" {
		said = fmt.Sprintf("it answers with the status %d %s and says no more", err.StatusCode, http.StatusText(err.StatusCode))
	}
	if err.Request != nil {
		said += through(proxy.For(err.Request.URL))
	}
	return said
}

// through puts what names a proxy at the end of a sentence.
func through(name string) string {
	if name == "" {
		return ""
	}
	return " (" + name + ")"
}
