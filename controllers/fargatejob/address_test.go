package fargatejob_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

func TestAddress_ConnectViaPublicIP_IsThePublicOne(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.createClass(t, func(s *v1alpha1.FargateTaskClassSpec) {
		s.Network.AssignPublicIP, s.Network.ConnectVia = v1alpha1.Enabled, v1alpha1.PublicIP
	})
	w.startController(t)
	job := w.createJob(t, nil)
	w.awaitReady(t, job)
	address := job.Status.Address
	if address.PublicIP == "" || address.Host != address.PublicIP || address.PrivateIP == "" || address.PrivateIP == address.PublicIP {
		t.Errorf("address %+v, want a public and a private one, and the public one as host", address)
	}
}

func TestAddress_InterfaceNotKnownYet_IsLookedUpAgain(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.AWS.FailNext("DescribeNetworkInterfaces", 2, localecs.ErrorFault(localecs.APIError{
		Code: "InvalidNetworkInterfaceID.NotFound", Message: "The networkInterface ID 'eni-1' does not exist", Status: 400,
	}))
	w.createClass(t, func(s *v1alpha1.FargateTaskClassSpec) {
		s.Network.AssignPublicIP, s.Network.ConnectVia = v1alpha1.Enabled, v1alpha1.PublicIP
	})
	w.startController(t)
	w.awaitReady(t, w.createJob(t, nil))
}

func TestAddress_TaskMissingAtFirst_IsWaitedFor(t *testing.T) {
	w := newWorld(t, localecs.Config{MissingFor: 500e6})
	w.createClass(t, nil)
	w.startController(t)
	w.awaitReady(t, w.createJob(t, nil))
}

func TestReady_HealthCheck_HasToPass(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	healthy := t.TempDir() + "/healthy"
	container := seed.Container(localecstest.Idle, 22)
	container.HealthCheck = &types.HealthCheck{
		Command: []string{"CMD-SHELL", "test -e " + healthy}, Interval: aws.Int32(5), Retries: aws.Int32(10), StartPeriod: aws.Int32(1),
	}
	w.AWS.Define(t, "ci", container)
	w.createClass(t, nil)
	w.startController(t)
	job := w.createJob(t, nil)
	w.await(t, job, "awaiting health", func(j *v1alpha1.FargateJob) bool { return readyReason(j) == v1alpha1.ReasonAwaitingHealth })
	touch(t, healthy)
	w.awaitReady(t, job)
}
