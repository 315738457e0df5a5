package kubestore

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/executor"
)

// doing are the verbs of Kubernetes as an error says what was being done.
var doing = map[string]string{"create": "creating", "get": "reading", "list": "listing", "watch": "watching", "delete": "deleting"}

// explain turns the error of a request into a sentence with the fix, and
// separates errors that can pass from those that cannot.
func (s *Store) explain(ctx context.Context, verb string, key types.NamespacedName, err error) error {
	var untrusted *tls.CertificateVerificationError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case apierrors.IsNotFound(err):
		return s.notFound(verb, key, err)
	case apierrors.IsUnauthorized(err):
		return fmt.Errorf("the API server at %s does not accept the executor's credentials: renew the token or certificate in the kubeconfig, or in a pod check that its service account still exists: %w", s.host, err)
	case apierrors.IsForbidden(err):
		return s.forbidden(verb, key, err)
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err):
		return fmt.Errorf("the API server at %s refuses FargateJob %s: correct the configuration, and check that the installed CRDs are as new as this program: %w", s.host, key, err)
	case errors.As(err, &untrusted):
		return fmt.Errorf("the certificate of the API server at %s is not trusted: check certificate-authority and server in the kubeconfig: %w", s.host, err)
	case canPass(err):
		return &executor.UnavailableError{Store: "the API server at " + s.host, Unsent: isUnsent(err), Err: err}
	default:
		return fmt.Errorf("%s FargateJob %s in the API server at %s: %w", doing[verb], key, s.host, err)
	}
}

func (s *Store) notFound(verb string, key types.NamespacedName, err error) error {
	switch {
	case isUnserved(err):
		return fmt.Errorf("the API server at %s does not know the kind FargateJob of %s: install Fargate Operator's CRDs in this cluster: %w", s.host, v1alpha1.GroupVersion, err)
	case verb == "create":
		return fmt.Errorf("cannot create FargateJob %s: create namespace %s, or name another in the executor's configuration: %w", key, key.Namespace, err)
	default:
		return executor.ErrJobGone
	}
}

// isUnserved is true if the path of the kind was not found, rather than an
// object: the answer then does not come from the resource's own handler.
func isUnserved(err error) bool {
	return apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse)
}

func (s *Store) forbidden(verb string, key types.NamespacedName, err error) error {
	if !strings.Contains(err.Error(), fmt.Sprintf("cannot %s resource", verb)) {
		return fmt.Errorf("the API server at %s forbids to %s FargateJob %s: %w", s.host, verb, key, err)
	}
	return fmt.Errorf("no permission to %s FargateJobs in namespace %s: grant the verbs create, get, list, watch and delete on %s.%s there to the runner's service account, and get on %s: %w",
		verb, key.Namespace, resource, v1alpha1.GroupVersion.Group, classResource, err)
}

// isUnsent is true if there was no connection to send a request over.
func isUnsent(err error) bool {
	var network *net.OpError
	return errors.As(err, &network) && network.Op == "dial"
}

// canPass is true for an answer that asks for a retry, and for no answer at
// all.
func canPass(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return true
	}
	return apierrors.IsServerTimeout(err) || apierrors.IsTimeout(err) || apierrors.IsTooManyRequests(err) ||
		apierrors.IsServiceUnavailable(err) || apierrors.IsInternalError(err) || apierrors.IsUnexpectedServerError(err)
}
