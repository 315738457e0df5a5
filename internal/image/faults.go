package image

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"syscall"

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
	fault = unavailable("its registry cannot be asked")
	fault.Detail = Login{}.detail(err)
	return fault
}

// fault says what an error means that came of asking a registry.
func (v *visit) fault(ctx context.Context, err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	fault := v.verdict(ctx, err)
	if fault.Detail == "" {
		fault.Detail = v.login.detail(err)
	}
	return fault
}

func (v *visit) verdict(ctx context.Context, err error) *Error {
	var refusal *transport.Error
	var address *addressError
	var large *http.MaxBytesError
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return unavailable(fmt.Sprintf("its registry has not answered within %d seconds%s", int(lookLimit.Seconds()), through(proxy.Of(err))))
	case errors.As(err, &refusal):
		return v.refusal(refusal)
	case errors.As(err, &address):
		return refusedAddress(address)
	case errors.As(err, &large):
		return tooLarge()
	default:
		return noAnswer(err)
	}
}

func refusedAddress(err *addressError) *Error {
	var fault *Error
	switch err.kind {
	case privateAddress:
		fault = unavailable("its registry has a public address and refers to a private one, which the author of a job must not reach through it")
		fault.Fix = "an administrator can have the registry's name resolve to a private address here"
	case ownAddress:
		fault = unavailable("its registry has an address of this machine, where no images are looked at")
		fault.Fix = "an administrator can move the registry to another machine"
	default:
		fault = invalid("", "its registry has an address that only this machine or its network link has", "use an image in a registry")
	}
	return fault
}

// hasNoAnswer reports whether an error means that another request would fail too.
func (v *visit) hasNoAnswer(ctx context.Context, err error) bool {
	var refusal *transport.Error
	if errors.As(err, &refusal) {
		return v.refusal(refusal).passing
	}
	var request *url.Error
	return errors.As(err, &request) || ctx.Err() != nil
}

// cause is why no answer came, in words of our own: those of the network say what
// is where in networks that the author cannot reach.
type cause struct {
	is           func(error) bool
	problem, fix string
	// stays is true if another try does not help.
	stays bool
}

var causes = []cause{
	{is: isA[*tls.CertificateVerificationError], problem: "its certificate is not trusted here", stays: true, fix: "an administrator can have its certificate authority " +
		"trusted here; Fargate itself pulls only from registries whose certificate is public"},
	{is: doesNotResolve, problem: "its name does not resolve", stays: true, fix: "correct the registry in the image's name, or have an administrator make it resolve here"},
	{is: isA[*net.DNSError], problem: "its name cannot be resolved now"},
	{is: isOne(syscall.ECONNREFUSED), problem: "it refuses the connection"},
	{is: isOne(io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET), problem: "it ends the connection"},
	{is: isTimeout, problem: "it does not answer in time"},
	{is: isOne(errPlainHTTP), problem: errPlainHTTP.Error()},
	{is: isOne(errTooMany), problem: errTooMany.Error()},
	{is: isA[*url.Error], problem: "the connection fails"},
	{is: func(error) bool { return true }, problem: "its answer is not that of a registry"},
}

func isA[E error](err error) bool {
	var found E
	return errors.As(err, &found)
}

func isOne(of ...error) func(error) bool {
	return func(err error) bool {
		return slices.ContainsFunc(of, func(one error) bool { return errors.Is(err, one) })
	}
}

func doesNotResolve(err error) bool {
	var name *net.DNSError
	return errors.As(err, &name) && name.IsNotFound
}

func isTimeout(err error) bool {
	var slow net.Error
	return errors.As(err, &slow) && slow.Timeout()
}

// noAnswer says why no answer came, or none that can be read.
func noAnswer(err error) *Error {
	of := causes[slices.IndexFunc(causes, func(c cause) bool { return c.is(err) })]
	fault := unavailable(fmt.Sprintf("its registry cannot be asked: %s%s", of.problem, through(proxy.Of(err))))
	fault.passing = !of.stays
	if of.fix != "" {
		fault.Fix = of.fix
	}
	return fault
}
