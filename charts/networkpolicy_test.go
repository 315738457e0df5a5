package charts_test

import (
	"net/netip"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
)

// Where the manager listens unless a flag says otherwise; the chart gives none.
const metricsPort, probePort = 8080, 8081

// packet is the first of a connection, from or to an address that is not a
// pod's: the kubelet, the API server, AWS. Policies that name pods do not match
// it.
type packet struct {
	address  string
	port     int32
	protocol corev1.Protocol
}

// rule is a rule for either direction.
type rule struct {
	peers []networkingv1.NetworkPolicyPeer
	ports []networkingv1.NetworkPolicyPort
}

func (r rule) admits(p packet) bool {
	onPort := func(port networkingv1.NetworkPolicyPort) bool {
		protocol := corev1.ProtocolTCP
		if port.Protocol != nil {
			protocol = *port.Protocol
		}
		return protocol == p.protocol && (port.Port == nil || port.Port.IntVal == p.port)
	}
	at := func(peer networkingv1.NetworkPolicyPeer) bool {
		return peer.IPBlock != nil && netip.MustParsePrefix(peer.IPBlock.CIDR).Contains(netip.MustParseAddr(p.address))
	}
	return (len(r.ports) == 0 || slices.ContainsFunc(r.ports, onPort)) && (len(r.peers) == 0 || slices.ContainsFunc(r.peers, at))
}

func admitsIn(policy *networkingv1.NetworkPolicy, p packet) bool {
	return !slices.Contains(policy.Spec.PolicyTypes, networkingv1.PolicyTypeIngress) ||
		slices.ContainsFunc(policy.Spec.Ingress, func(r networkingv1.NetworkPolicyIngressRule) bool { return rule{r.From, r.Ports}.admits(p) })
}

func admitsOut(policy *networkingv1.NetworkPolicy, p packet) bool {
	return !slices.Contains(policy.Spec.PolicyTypes, networkingv1.PolicyTypeEgress) ||
		slices.ContainsFunc(policy.Spec.Egress, func(r networkingv1.NetworkPolicyEgressRule) bool { return rule{r.To, r.Ports}.admits(p) })
}

// renamed are values that change every name in the chart.
var renamed = []string{"--set", "nameOverride=other,fullnameOverride=another,podLabels.team=platform"}

// networkPolicy renders the chart with its policy, and a gitlab-runner beside the
// manager.
func networkPolicy(t *testing.T, args ...string) (*networkingv1.NetworkPolicy, *rendering) {
	t.Helper()
	r := renderObjects(t, append([]string{"--values", valuesFile(t, runnerValues), "--set", "networkPolicy.enabled=true"}, args...)...)
	return one[networkingv1.NetworkPolicy](t, r), r
}

func TestNetworkPolicy_SelectsThePodsOfTheManagerAlone(t *testing.T) {
	for name, args := range map[string][]string{"by default": nil, "renamed": renamed} {
		t.Run(name, func(t *testing.T) {
			policy, r := networkPolicy(t, args...)
			selector := selectorOf(t, &policy.Spec.PodSelector)
			manager := r.manager(t)
			if policy.Namespace != manager.Namespace {
				t.Errorf("the policy is in namespace %s, the manager in %s", policy.Namespace, manager.Namespace)
			}
			if !selector.Matches(labels.Set(manager.Spec.Template.Labels)) {
				t.Errorf("%s does not select the manager's pods, which have the labels %v", selector, manager.Spec.Template.Labels)
			}
			for _, pod := range podsOf(t, r.text) {
				if pod.Name != manager.Name && selector.Matches(labels.Set(pod.Labels)) {
					t.Errorf("%s selects the pods of %s too", selector, pod.Name)
				}
			}
		})
	}
}

func TestNetworkPolicy_In_AreScrapesProbesAndTheWebhookAlone(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want map[int32]bool
	}{
		"without the webhook": {nil, map[int32]bool{metricsPort: true, probePort: true, int32(webhook.DefaultPort): false}},
		"with the webhook":    {[]string{"--set", "webhook.enabled=true"}, map[int32]bool{metricsPort: true, probePort: true, int32(webhook.DefaultPort): true}},
	} {
		t.Run(name, func(t *testing.T) {
			policy, r := networkPolicy(t, test.args...)
			for _, port := range []int32{22, 80, 443} {
				test.want[port] = false
			}
			for port, want := range test.want {
				// A node's address, which the kubelet has and the API server may have.
				for _, address := range []string{"10.0.0.7", "fd00::7"} {
					if got := admitsIn(policy, packet{address, port, corev1.ProtocolTCP}); got != want {
						t.Errorf("admits %s to port %d: %t, want %t", address, port, got, want)
					}
				}
				if admitsIn(policy, packet{"10.0.0.7", port, corev1.ProtocolUDP}) {
					t.Errorf("admits UDP to port %d", port)
				}
			}
			for _, port := range r.manager(t).Spec.Template.Spec.Containers[0].Ports {
				if !test.want[port.ContainerPort] {
					t.Errorf("the manager's port %s is %d, on which it does not listen", port.Name, port.ContainerPort)
				}
			}
		})
	}
}

func TestNetworkPolicy_Out_AreNamesHTTPSAndCredentialsAlone(t *testing.T) {
	policy, _ := networkPolicy(t)
	const anywhere = "203.0.113.7"
	for _, test := range []struct {
		what string
		packet
		want bool
	}{
		{"DNS", packet{"10.100.0.10", 53, corev1.ProtocolUDP}, true},
		{"DNS over TCP", packet{"10.100.0.10", 53, corev1.ProtocolTCP}, true},
		{"DNS at the node's own address", packet{"169.254.20.10", 53, corev1.ProtocolUDP}, true},
		{"AWS", packet{anywhere, 443, corev1.ProtocolTCP}, true},
		{"the API server of EKS", packet{"10.0.0.9", 443, corev1.ProtocolTCP}, true},
		{"the API server elsewhere", packet{"10.0.0.9", 6443, corev1.ProtocolTCP}, true},
		// Source: "Understand how EKS Pod Identity works" in the EKS user guide.
		{"EKS Pod Identity", packet{"169.254.170.23", 80, corev1.ProtocolTCP}, true},
		{"EKS Pod Identity over IPv6", packet{"fd00:ec2::23", 80, corev1.ProtocolTCP}, true},
		// Source: "Access instance metadata" in the EC2 user guide.
		{"instance metadata", packet{"169.254.169.254", 80, corev1.ProtocolTCP}, true},
		{"instance metadata over IPv6", packet{"fd00:ec2::254", 80, corev1.ProtocolTCP}, true},

		{"plain HTTP", packet{anywhere, 80, corev1.ProtocolTCP}, false},
		{"another link-local address", packet{"169.254.169.253", 80, corev1.ProtocolTCP}, false},
		{"tasks over SSH, which are the executor's", packet{"10.0.0.9", 22, corev1.ProtocolTCP}, false},
		{"HTTPS over UDP", packet{anywhere, 443, corev1.ProtocolUDP}, false},
	} {
		if got := admitsOut(policy, test.packet); got != test.want {
			t.Errorf("%s: admits %v: %t, want %t", test.what, test.packet, got, test.want)
		}
	}
}

func TestNetworkPolicy_NotAskedFor_IsNotThere(t *testing.T) {
	if found := all[networkingv1.NetworkPolicy](t, renderObjects(t)); len(found) > 0 {
		t.Errorf("there are %d", len(found))
	}
}
