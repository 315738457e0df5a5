package v1alpha1

const (
	// Finalizer keeps a FargateJob until ECS has accepted the stop of its
	// task. The executor sets it at creation; the controller adds it to
	// objects that were created without it, before the first AWS call.
	Finalizer = "ci.fargate-operator.dev/task"

	// ForceDeleteAnnotation set to "true" on a FargateJob that is being deleted
	// lets the controller drop the finalizer even though ECS has not accepted
	// the stop, for example because the account no longer exists. The person
	// who sets it is responsible for the task.
	ForceDeleteAnnotation = "ci.fargate-operator.dev/force-delete"

	// DefaultClassName is the FargateTaskClass of a job that names none.
	DefaultClassName = "default"

	// DefaultContainerName is the container that receives the public key and
	// runs the SSH server. GitLab's existing Fargate driver fixed this name.
	DefaultContainerName = "ci-coordinator"

	// DefaultLaunchDeadlineSeconds is the launchDeadlineSeconds of a class that
	// does not set it, and of a job whose class has not been read. A type's
	// marker cannot name it, so a test compares the two.
	DefaultLaunchDeadlineSeconds = 600

	// PublicKeyVariable is the environment variable of the container through
	// which a task learns the key to accept. GitLab's existing Fargate driver
	// fixed this name, and images are built for it.
	PublicKeyVariable = "SSH_PUBLIC_KEY"
)
