package ecs

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// Where a text of the tables below is from.
const (
	stoppedErrors  = "ECS developer guide, Amazon ECS stopped tasks error messages"
	pullErrors     = "ECS developer guide, CannotPullContainer task errors"
	resourceErrors = "ECS developer guide, Resolving ResourceInitializationError errors"
	startErrors    = "ECS developer guide, Troubleshooting CannotStartContainer and CannotCreateContainer errors"
	failureReasons = "ECS developer guide, Amazon ECS API failure reasons"
	ecsReference   = "ECS API reference, RunTask and Common Errors"
	iamDenied      = "IAM user guide, Troubleshoot access denied error messages"
	goNet          = "Go, packages net, net/http and crypto/tls, in words of containerd"
	distribution   = "OCI distribution specification, error codes, in words of containerd"
	reported       = "reported by users of ECS in AWS re:Post and containers-roadmap"
)

func TestStoppedTasks_AsECSWordsThem(t *testing.T) {
	const pull = "CannotPullContainerError: "
	const resource = "ResourceInitializationError: "
	tests := []struct {
		source, code, reason, container string
		again                           bool
		fix                             string
	}{
		{stoppedErrors, "TaskFailedToStart", "Timeout waiting for network interface provisioning to complete.", "", true, "retry the job"},
		{stoppedErrors, "TaskFailedToStart", "Timeout waiting for EphemeralStorage provisioning to complete.", "", true, "retry the job"},
		{stoppedErrors, "TaskFailedToStart", "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment enabled in subnet 'subnet-1': InternalError", "", true, "retry the job"},
		{stoppedErrors, "TaskFailedToStart", "InternalError: The task could not be started because of an internal error.", "", true, "retry the job"},
		{stoppedErrors, "TaskFailedToStart", "Capacity is unavailable at this time. Please try again later or in a different availability zone.", "", true, "retry the job"},
		{stoppedErrors, "SpotInterruption", "Your Spot Task was interrupted.", "", true, ""},
		{stoppedErrors, "TerminationNotice", "ECS is performing maintenance on the underlying infrastructure hosting the task.", "", true, ""},
		{stoppedErrors, "UserInitiated", "Task stopped by user", "", false, ""},
		{stoppedErrors, "UserInitiated", "Timeout waiting for network interface provisioning to complete.", "", false, "retry the job"},
		{stoppedErrors, "ServiceSchedulerInitiated", "Scaling activity initiated by deployment", "", false, ""},
		{stoppedErrors, "EssentialContainerExited", "Essential container in task exited", "", false, ""},
		{stoppedErrors, "EssentialContainerExited", "Essential container in task exited", "OutOfMemoryError: Container killed due to memory usage", false, "more memory"},
		{pullErrors, "TaskFailedToStart", pull + "pull image manifest has been retried 5 time(s): failed to resolve ref docker.io/library/a:1: failed to do request: Head \"https://registry.example/v2/library/a/manifests/1\": dial tcp 192.0.2.1:443: i/o timeout", "", true, "NAT gateway"},
		{pullErrors, "TaskFailedToStart", pull + "Error response from daemon: Get https://registry.example/v2/: net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)", "", true, "NAT gateway"},
		{pullErrors, "TaskFailedToStart", pull + "write /var/lib/docker/tmp/GetImageBlob1: no space left on device", "", false, "ephemeral storage"},
		{pullErrors, "TaskFailedToStart", pull + "Error: toomanyrequests: Too Many Requests. You have reached your unauthenticated pull rate limit.", "", true, "retry the job"},
		{pullErrors, "TaskFailedToStart", pull + "pull access denied for nope, repository does not exist or may require 'docker login': denied: requested access to the resource is denied", "", false, "image or its tag"},
		{pullErrors, "TaskFailedToStart", pull + "ref pull has been retried 1 time(s): failed to copy: httpReadSeeker: failed open: unexpected status code https://registry.example/v2/a/blobs/sha256:5000: 503 Service Unavailable", "", true, "retry the job"},
		{pullErrors, "TaskFailedToStart", pull + "image Manifest does not contain descriptor matching platform 'linux/arm64'", "", false, "runtimePlatform"},
		{pullErrors, "TaskFailedToStart", pull + "manifest for registry.example/timeout-tests:503 not found: manifest unknown: Requested image not found", "", false, "image or its tag"},
		{distribution, "TaskFailedToStart", pull + "failed to resolve ref registry.example/a/b:1: registry.example/a/b:1: not found", "", false, "image or its tag"},
		{distribution, "TaskFailedToStart", pull + "failed to resolve ref registry.example/a/b:1: pulling from host registry.example failed with status code [manifests 1]: 403 Forbidden", "", false, "execution role"},
		{distribution, "TaskFailedToStart", pull + "failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized", "", false, "execution role"},
		{distribution, "TaskFailedToStart", pull + "failed to fetch anonymous token: unexpected status from GET request to https://auth.example/token: 500 Internal Server Error", "", true, "retry the job"},
		{distribution, "TaskFailedToStart", pull + "unexpected status from HEAD request to https://registry.example/v2/a/manifests/1: 429 Too Many Requests", "", true, "retry the job"},
		{goNet, "TaskFailedToStart", pull + "failed to do request: Get \"https://registry.example/v2/\": net/http: TLS handshake timeout", "", true, "retry the job"},
		{goNet, "TaskFailedToStart", pull + "read tcp 10.0.0.5:40112->192.0.2.1:443: read: connection reset by peer", "", true, "retry the job"},
		{goNet, "TaskFailedToStart", pull + "failed to extract layer: context deadline exceeded: unknown", "", true, "retry the job"},
		{goNet, "TaskFailedToStart", pull + "failed commit on ref \"layer-sha256:1\": unexpected EOF: unknown", "", true, "retry the job"},
		{goNet, "TaskFailedToStart", pull + "failed to do request: Head \"https://nope.example/v2/\": dial tcp: lookup nope.example on 10.0.0.2:53: no such host", "", false, "registry's name"},
		{goNet, "TaskFailedToStart", pull + "tls: failed to verify certificate: x509: certificate signed by unknown authority", "", false, "publicly trusted"},
		{goNet, "TaskFailedToStart", "Task failed to start", pull + "dial tcp 192.0.2.1:443: i/o timeout", true, "retry the job"},
		{pullErrors, "TaskFailedToStart", "Task failed to start", pull + "manifest unknown", false, "image or its tag"},
		{resourceErrors, "TaskFailedToStart", resource + "unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 3 time(s): RequestError: send request failed caused by: Post \"https://api.ecr.example/\": dial tcp 192.0.2.1:443: i/o timeout. Please check your task network configuration.", "", true, "NAT gateway"},
		{resourceErrors, "TaskFailedToStart", resource + "unable to pull secrets or registry auth: unable to retrieve secret from asm: service call has been retried 1 time(s): ThrottlingException: Rate exceeded", "", true, "retry the job"},
		{resourceErrors, "TaskFailedToStart", resource + "unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network configuration.", "", false, "NAT gateway"},
		{resourceErrors, "TaskFailedToStart", resource + "unable to pull secrets or registry auth: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:123456789012:secret:timeout from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.", "", false, "secret's name"},
		{resourceErrors, "TaskFailedToStart", resource + "unable to pull secrets or registry auth: unable to retrieve secrets from ssm: invalid parameters: /ci/token", "", false, "secret's name"},
		{resourceErrors, "TaskFailedToStart", resource + "unable to retrieve secret from asm: AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/x/y is not authorized to perform: secretsmanager:GetSecretValue", "", false, "execution role"},
		{resourceErrors, "TaskFailedToStart", resource + "failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.: exit status 1", "", false, "log group"},
		{resourceErrors, "TaskFailedToStart", resource + "failed to invoke EFS utils commands to set up EFS volumes: stderr: mount.nfs4: access denied by server while mounting 127.0.0.1:/", "", false, "file system"},
		{resourceErrors, "TaskFailedToStart", resource + "failed to invoke EFS utils commands to set up EFS volumes: stderr: mount.nfs4: Connection timed out", "", true, "retry the job"},
		{resourceErrors, "TaskFailedToStart", resource + "failed to create new container runtime task: unable to start the log router", "", false, ""},
		{startErrors, "TaskFailedToStart", "CannotStartContainerError: Error response from daemon: OCI runtime create failed: exec: \"sshd-entry\": executable file not found in $PATH", "", false, "entryPoint"},
		{startErrors, "TaskFailedToStart", "CannotStartContainerError: exec /entrypoint.sh: exec format error", "", false, "runtimePlatform"},
		{startErrors, "TaskFailedToStart", "DockerTimeoutError: Could not transition to created; timed out after waiting 4m0s", "", true, "retry the job"},
		{reported, "TaskFailedToStart", "Something that nobody has seen before", "", false, ""},
	}
	for _, test := range tests {
		task := &v1alpha1.TaskStatus{StopCode: test.code, StoppedReason: test.reason}
		if test.container != "" {
			task.Containers = []v1alpha1.ContainerStatus{{Name: "sidecar"}, {Name: "ci-coordinator", Reason: test.container}}
		}
		if got := FailedTransiently(task); got != test.again {
			t.Errorf("%s: %s %s: another attempt %t, want %t (%s)", test.code, test.reason, test.container, got, test.again, test.source)
		}
		if got := StopFix(task); test.fix == "" && strings.Contains(got, "entryPoint") || !strings.Contains(got, test.fix) {
			t.Errorf("%s %s: fix %q, want %q in it (%s)", test.reason, test.container, got, test.fix, test.source)
		}
		task.StartTime = &metav1.Time{}
		if FailedTransiently(task) {
			t.Errorf("%s: %s: a task that ran is launched again", test.code, test.reason)
		}
	}
}

func TestRefusedLaunches_AsAWSWordsThem(t *testing.T) {
	const denied = "User: arn:aws:sts::123456789012:assumed-role/ci/1 is not authorized to perform: ecs:RunTask on resource: arn:aws:ecs:us-east-1:123456789012:task-definition/ci:1 "
	tests := []struct {
		source, code, message string
		class                 Class
		reason, fix           string
	}{
		{reported, "InvalidParameterException", "Error retrieving security group information for [sg-1]: Request limit exceeded. (ErrorCode: RequestLimitExceeded)", RetrySame, v1alpha1.ReasonRetrying, ""},
		{reported, "InvalidParameterException", "Error retrieving subnet information for [subnet-1]: Request limit exceeded.", RetrySame, v1alpha1.ReasonRetrying, ""},
		{reported, "ClientException", "EC2 call failed (Service: AmazonEC2; Status Code: 503; Error Code: Unavailable; Request ID: 8a3d1c1e-0000-4000-8000-000000000000)", RetrySame, v1alpha1.ReasonRetrying, ""},
		{reported, "InvalidParameterException", "Error retrieving subnet information for [subnet-1]: The subnet ID 'subnet-1' does not exist (ErrorCode: InvalidSubnetID.NotFound)", Terminal, v1alpha1.ReasonInvalidParameter, ""},
		{reported, "InvalidParameterException", "Error retrieving security group information: You are not authorized to perform this operation. (ErrorCode: UnauthorizedOperation)", Terminal, v1alpha1.ReasonAccessDenied, "the permission"},
		{ecsReference, "InvalidParameterException", "Unable to assume the service linked role. Please verify that the ECS service linked role exists.", Terminal, v1alpha1.ReasonAccessDenied, "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com"},
		{iamDenied, "AccessDeniedException", denied + "with an explicit deny in a service control policy", Terminal, v1alpha1.ReasonAccessDenied, "an explicit deny in a service control policy takes away the permission ecs:RunTask"},
		{iamDenied, "AccessDeniedException", denied + "with an explicit deny in a permissions boundary", Terminal, v1alpha1.ReasonAccessDenied, "an explicit deny in a permissions boundary takes away the permission ecs:RunTask"},
		{iamDenied, "AccessDeniedException", denied + "with an explicit deny in an identity-based policy", Terminal, v1alpha1.ReasonAccessDenied, "an explicit deny in an identity-based policy takes away"},
		{iamDenied, "AccessDeniedException", denied + "because no service control policy allows the ecs:RunTask action", Terminal, v1alpha1.ReasonAccessDenied, "allow ecs:RunTask in a service control policy too"},
		{iamDenied, "AccessDeniedException", denied + "because no permissions boundary allows the ecs:RunTask action", Terminal, v1alpha1.ReasonAccessDenied, "allow ecs:RunTask in a permissions boundary too"},
		{iamDenied, "AccessDeniedException", denied + "because no VPC endpoint policy allows the ecs:RunTask action", Terminal, v1alpha1.ReasonAccessDenied, "allow ecs:RunTask in a VPC endpoint policy too"},
		{iamDenied, "AccessDeniedException", denied + "because no identity-based policy allows the ecs:RunTask action", Terminal, v1alpha1.ReasonAccessDenied, "the permission ecs:RunTask"},
		{ecsReference, "ThrottlingException", "Rate exceeded", RetrySame, v1alpha1.ReasonRetrying, ""},
		{ecsReference, "ServiceUnavailableException", "Service Unavailable. Please try again later.", RetrySame, v1alpha1.ReasonRetrying, ""},
		{ecsReference, "ClientException", "You've reached the limit on the number of vCPUs you can run concurrently", NextAttempt, v1alpha1.ReasonQuotaExceeded, "quota"},
	}
	for _, test := range tests {
		cause := &smithy.GenericAPIError{Code: test.code, Message: test.message, Fault: smithy.FaultClient}
		err := Classify(&smithy.OperationError{ServiceID: "ECS", OperationName: "RunTask", Err: cause}, "starting the task", Location{})
		var got *Error
		if !errors.As(err, &got) || got.Class != test.class || got.Reason != test.reason {
			t.Errorf("%s: %s: got %+v, want class %d, reason %s (%s)", test.code, test.message, got, test.class, test.reason, test.source)
			continue
		}
		if _, fix, _ := strings.Cut(got.Message, test.message); !strings.Contains(fix, test.fix) {
			t.Errorf("message %q, want the fix %q (%s)", got.Message, test.fix, test.source)
		}
	}
}

func TestFailures_EachHasItsMeaning(t *testing.T) {
	tests := []struct {
		source, reason, detail string
		class                  Class
		want, fix              string
	}{
		{failureReasons, "RESOURCE:ENI", "", NextAttempt, v1alpha1.ReasonCapacityUnavailable, "add instances"},
		{failureReasons, "RESOURCE:MEMORY", "", NextAttempt, v1alpha1.ReasonCapacityUnavailable, "add instances"},
		{failureReasons, "AGENT", "", NextAttempt, v1alpha1.ReasonCapacityUnavailable, "not connected"},
		{failureReasons, "INACTIVE", "", NextAttempt, v1alpha1.ReasonCapacityUnavailable, "deregistered"},
		{failureReasons, "LOCATION", "", NextAttempt, v1alpha1.ReasonCapacityUnavailable, "zone"},
		{failureReasons, "ATTRIBUTE", "", Terminal, v1alpha1.ReasonLaunchRefused, "attribute"},
		{failureReasons, "MISSING", "", Terminal, v1alpha1.ReasonLaunchRefused, "does not exist"},
		{failureReasons, "Capacity is unavailable at this time. Please try again later or in a different availability zone", "", NextAttempt, v1alpha1.ReasonCapacityUnavailable, ""},
		{failureReasons, "You’ve reached the limit on the number of vCPUs you can run concurrently", "", NextAttempt, v1alpha1.ReasonQuotaExceeded, "quota"},
		{failureReasons, "You've reached the limit on the number of tasks you can run concurrently", "", NextAttempt, v1alpha1.ReasonQuotaExceeded, "quota"},
		{reported, "Unable to assume the service linked role.", "", Terminal, v1alpha1.ReasonAccessDenied, "create-service-linked-role"},
		{reported, "SOMETHING NEW", "with a detail", NextAttempt, v1alpha1.ReasonCapacityUnavailable, ""},
	}
	for _, test := range tests {
		got := failure(test.reason, test.detail)
		if got.Class != test.class || got.Reason != test.want || !strings.Contains(got.Message, test.fix) {
			t.Errorf("%s: got %+v, want class %d, reason %s and the fix %q (%s)", test.reason, got, test.class, test.want, test.fix, test.source)
		}
		if !strings.HasPrefix(got.Message, "ECS did not start the task: "+test.reason) || !strings.Contains(got.Message, test.detail) {
			t.Errorf("message %q, want all that ECS said", got.Message)
		}
	}
}
