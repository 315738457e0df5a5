package fargatetaskclass

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/classcheck"
)

// WebhookPath is where a webhook server asks a Validator.
const WebhookPath = "/validate-fargatetaskclass"

// DefaultTimeout is how long a Validator waits for AWS. The API server waits
// ten seconds for the Validator.
const DefaultTimeout = 8 * time.Second

// Validator runs the Reconciler's checks before a FargateTaskClass is stored,
// including in dry runs. A class that fails a check is refused with what must
// be fixed; checks that AWS does not answer become warnings. It changes nothing
// and works on every replica.
type Validator struct {
	// AWS is asked about what classes name.
	AWS classcheck.AWS
	// Timeout is DefaultTimeout except in tests.
	Timeout time.Duration
}

var _ admission.Validator[*v1alpha1.FargateTaskClass] = (*Validator)(nil)

// SetupWithManager serves the Validator from a server that the manager runs.
func (v *Validator) SetupWithManager(mgr ctrl.Manager, server webhook.Server) error {
	server.Register(WebhookPath, admission.WithValidator[*v1alpha1.FargateTaskClass](mgr.GetScheme(), v))
	return mgr.Add(server)
}

// ValidateCreate checks a new class.
func (v *Validator) ValidateCreate(ctx context.Context, class *v1alpha1.FargateTaskClass) (admission.Warnings, error) {
	ctx, cancel := context.WithTimeout(ctx, v.Timeout)
	defer cancel()
	template := &class.Spec.TaskTemplate
	outcomes := classcheck.Judge(template, classcheck.Look(ctx, v.AWS, template))
	if ready := readiness(outcomes); ready.Status == metav1.ConditionFalse {
		return nil, fmt.Errorf("FargateTaskClass %s cannot work: %s", class.Name, ready.Message)
	}
	var warnings admission.Warnings
	for _, o := range outcomes {
		if o.Unanswered != nil {
			warnings = append(warnings, "not checked: "+o.Message)
		}
	}
	return warnings, nil
}

// ValidateUpdate checks a class whose spec changes. Other changes, of labels for
// example or to let a deleted class go, do not depend on AWS.
func (v *Validator) ValidateUpdate(ctx context.Context, stored, class *v1alpha1.FargateTaskClass) (admission.Warnings, error) {
	if equality.Semantic.DeepEqual(stored.Spec, class.Spec) {
		return nil, nil
	}
	return v.ValidateCreate(ctx, class)
}

// ValidateDelete lets every class go.
func (v *Validator) ValidateDelete(context.Context, *v1alpha1.FargateTaskClass) (admission.Warnings, error) {
	return nil, nil
}
