package fargatetaskclass_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

func TestRecheck_NothingChanged_WritesNothing(t *testing.T) {
	w := newWorld(t, often)
	class := w.createClass(t, nil)
	w.awaitReady(t, class, metav1.ConditionTrue)
	w.AwaitEvent(t, class, corev1.EventTypeNormal, v1alpha1.ReasonReady)
	before := class.ResourceVersion
	w.awaitChecks(t, w.checks()+5)

	if err := w.Get(t.Context(), client.ObjectKeyFromObject(class), class); err != nil {
		t.Fatal(err)
	}
	if class.ResourceVersion != before {
		t.Errorf("resourceVersion %s became %s", before, class.ResourceVersion)
	}
	if events := w.Events(t.Context(), t, class); len(events) != 1 || events[0].Series != nil {
		t.Errorf("%d events, want a single one: %v", len(events), events)
	}
}

func TestRecheck_ChangeInAWS_IsNoticedAndItsMendingToo(t *testing.T) {
	w := newWorld(t, often)
	class := w.createClass(t, nil)
	w.awaitReady(t, class, metav1.ConditionTrue)

	providers := []string{"FARGATE"}
	if _, err := w.AWS.Client.PutClusterCapacityProviders(t.Context(), &awsecs.PutClusterCapacityProvidersInput{
		Cluster: aws.String("ci"), CapacityProviders: providers, DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{},
	}); err != nil {
		t.Fatal(err)
	}
	w.awaitReady(t, class, metav1.ConditionFalse)
	if reason := conditions(class)[v1alpha1.ConditionReady].Reason; reason != v1alpha1.ReasonNoCapacityProvider {
		t.Errorf("Ready has reason %s, want %s", reason, v1alpha1.ReasonNoCapacityProvider)
	}
	w.AwaitEvent(t, class, corev1.EventTypeWarning, v1alpha1.ReasonNotReady)

	if _, err := w.AWS.Client.PutClusterCapacityProviders(t.Context(), &awsecs.PutClusterCapacityProvidersInput{
		Cluster: aws.String("ci"), CapacityProviders: providers,
		DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE"), Weight: 1}},
	}); err != nil {
		t.Fatal(err)
	}
	w.awaitReady(t, class, metav1.ConditionTrue)
	if diff := cmp.Diff(allPassed(), conditions(class)); diff != "" {
		t.Errorf("conditions differ (-want +got):\n%s", diff)
	}
}

func TestRecheck_SpecChanges_IsCheckedAtOnce(t *testing.T) {
	w := newWorld(t, never)
	class := w.createClass(t, nil)
	w.awaitReady(t, class, metav1.ConditionTrue)

	class.Labels = map[string]string{"team": "ci"}
	if err := w.Update(t.Context(), class); err != nil {
		t.Fatal(err)
	}
	class.Spec.Network.Subnets = []string{"subnet-0"}
	if err := w.Update(t.Context(), class); err != nil {
		t.Fatal(err)
	}
	w.awaitReady(t, class, metav1.ConditionFalse)
	for kind, condition := range conditions(class) {
		if condition.ObservedGeneration != 2 {
			t.Errorf("%s speaks of generation %d, want 2", kind, condition.ObservedGeneration)
		}
	}
	class.Spec.Network.Subnets = []string{"subnet-local-b"}
	if err := w.Update(t.Context(), class); err != nil {
		t.Fatal(err)
	}
	w.awaitReady(t, class, metav1.ConditionTrue)
	if w.checks() != 3 {
		t.Errorf("%d checks, want 3: labels are nothing to check", w.checks())
	}
}

func TestRecheck_AWSDoesNotAnswer_IsUnknownUntilItDoes(t *testing.T) {
	apiError := func(code, message string) localecs.Fault {
		return localecs.ErrorFault(localecs.APIError{Code: code, Message: message, Status: 400})
	}
	tests := map[string]struct {
		action  string
		fault   localecs.Fault
		kind    string
		reason  string
		message string
		also    []metav1.Condition
	}{
		"cluster denied": {
			action: "DescribeClusters", fault: apiError("AccessDeniedException", "no"),
			kind: v1alpha1.ConditionClusterActive, reason: v1alpha1.ReasonAccessDenied,
			message: "looking up the cluster ci: AccessDeniedException: no (give the identity in use the permission ecs:DescribeClusters, see docs/aws-permissions.md)",
			also: []metav1.Condition{condition(v1alpha1.ConditionCapacityDefined, metav1.ConditionUnknown, v1alpha1.ReasonAccessDenied,
				"the capacity of cluster ci is checked once ClusterActive is True")},
		},
		"task definition denied": {
			action: "DescribeTaskDefinition", fault: apiError("AccessDeniedException", "no"),
			kind: v1alpha1.ConditionTaskDefinitionUsable, reason: v1alpha1.ReasonAccessDenied,
			message: "looking up the task definition ci: AccessDeniedException: no (give the identity in use the permission ecs:DescribeTaskDefinition, see docs/aws-permissions.md)",
		},
		"subnets denied": {
			action: "DescribeSubnets", fault: apiError("UnauthorizedOperation", "no"),
			kind: v1alpha1.ConditionNetworkUsable, reason: v1alpha1.ReasonAccessDenied,
			message: "looking up subnets: UnauthorizedOperation: no (give the identity in use the permission ec2:DescribeSubnets, see docs/aws-permissions.md)",
		},
		"security groups denied": {
			action: "DescribeSecurityGroups", fault: apiError("UnauthorizedOperation", "no"),
			kind: v1alpha1.ConditionNetworkUsable, reason: v1alpha1.ReasonAccessDenied,
			message: "looking up security groups: UnauthorizedOperation: no (give the identity in use the permission ec2:DescribeSecurityGroups, see docs/aws-permissions.md)",
		},
		"credentials invalid": {
			action: "DescribeTaskDefinition", fault: apiError("UnrecognizedClientException", "The security token is invalid."),
			kind: v1alpha1.ConditionTaskDefinitionUsable, reason: v1alpha1.ReasonAccessDenied,
			message: "looking up the task definition ci: UnrecognizedClientException: The security token is invalid. (give the identity in use valid credentials, see docs/aws-permissions.md)",
		},
		"throttled": {
			action: "DescribeSubnets", fault: apiError("RequestLimitExceeded", "Request limit exceeded."),
			kind: v1alpha1.ConditionNetworkUsable, reason: v1alpha1.ReasonCheckFailed,
			message: "looking up subnets: RequestLimitExceeded: Request limit exceeded.",
		},
		"connection lost": {
			action: "DescribeTaskDefinition", fault: localecs.DropFault(),
			kind: v1alpha1.ConditionTaskDefinitionUsable, reason: v1alpha1.ReasonCheckFailed,
			message: "looking up the task definition ci: AWS could not be reached: EOF",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, never)
			w.AWS.FailNext(test.action, 1000, test.fault)
			class := w.createClass(t, nil)
			w.awaitReady(t, class, metav1.ConditionUnknown)
			got := conditions(class)
			want := allPassed()
			for _, c := range append(test.also, condition(test.kind, metav1.ConditionUnknown, test.reason, test.message)) {
				want[c.Type] = c
			}
			message := test.message
			for _, c := range test.also {
				message += "; " + c.Message
			}
			want[v1alpha1.ConditionReady] = condition(v1alpha1.ConditionReady, metav1.ConditionUnknown, test.reason, message)
			want[v1alpha1.ConditionReconciling] = condition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, test.reason, message)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("conditions differ (-want +got):\n%s", diff)
			}

			w.AWS.Reset()
			w.awaitReady(t, class, metav1.ConditionTrue)
			if diff := cmp.Diff(allPassed(), conditions(class)); diff != "" {
				t.Errorf("conditions differ after recovery (-want +got):\n%s", diff)
			}
			w.AwaitEvent(t, class, corev1.EventTypeNormal, v1alpha1.ReasonReady)
			if events := w.Events(t.Context(), t, class); len(events) != 1 {
				t.Errorf("%d events, want Ready alone: %v", len(events), events)
			}
		})
	}
}

func TestRecheck_OneCheckUnansweredAnotherFails_IsNotReady(t *testing.T) {
	w := newWorld(t, never)
	w.AWS.FailNext("DescribeClusters", 1000, localecs.ErrorFault(localecs.APIError{Code: "AccessDeniedException", Message: "no", Status: 400}))
	class := w.createClass(t, func(s *v1alpha1.FargateTaskClassSpec) { s.ContainerName = "build" })
	w.awaitReady(t, class, metav1.ConditionFalse)
	ready := conditions(class)[v1alpha1.ConditionReady]
	if ready.Reason != v1alpha1.ReasonContainerNotFound {
		t.Errorf("Ready has reason %s, want %s", ready.Reason, v1alpha1.ReasonContainerNotFound)
	}
}
