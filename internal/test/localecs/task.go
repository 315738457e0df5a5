package localecs

import (
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/uuid"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/oci"
)

// The states of a task, in order. A task that stops before it runs goes from
// PROVISIONING or PENDING to DEPROVISIONING.
const (
	statusProvisioning   = "PROVISIONING"
	statusPending        = "PENDING"
	statusRunning        = "RUNNING"
	statusDeactivating   = "DEACTIVATING"
	statusStopping       = "STOPPING"
	statusDeprovisioning = "DEPROVISIONING"
	statusStopped        = "STOPPED"
)

// task is one task. The fields above stopRequested never change after newTask.
type task struct {
	server       *Server
	cluster      *cluster
	id           string
	arn          string
	definition   *types.TaskDefinition
	overrides    *types.TaskOverride
	launchType   types.LaunchType
	provider     string
	size         size
	platform     string
	network      taskNetwork
	attachmentID string
	group        string
	startedBy    *string
	executable   bool
	createdAt    time.Time
	containers   []*container

	// stopRequested is closed when the desired status becomes STOPPED.
	stopRequested chan struct{}
	// processes is held while a container's process starts, so that none starts
	// unnoticed by a stop.
	processes sync.Mutex
	// sandbox has the real containers, nil if there are none. It is set while the
	// task is PROVISIONING.
	sandbox *oci.Sandbox

	// guarded by server.mu
	tags             []types.Tag
	eni              *networkInterface
	attachmentStatus string
	status           string
	desired          string
	version          int64
	stopCode         types.TaskStopCode
	stoppedReason    string
	connectivityAt   time.Time
	pullStartedAt    time.Time
	pullStoppedAt    time.Time
	startedAt        time.Time
	stoppingAt       time.Time
	executionEndedAt time.Time
	stoppedAt        time.Time
}

// newTask makes the index-th task of a launch. The caller holds the mutex.
func (s *Server) newTask(c *cluster, in *ecs.RunTaskInput, plan *launchPlan, index int) *task {
	id := newID()
	t := &task{
		server:           s,
		cluster:          c,
		id:               id,
		arn:              s.arn("task/" + c.name + "/" + id),
		definition:       plan.definition.definition,
		overrides:        in.Overrides,
		launchType:       plan.placement.launchType,
		size:             plan.size,
		platform:         plan.platformVersion,
		network:          plan.network,
		attachmentID:     uuid.NewString(),
		group:            "family:" + *plan.definition.definition.Family,
		startedBy:        in.StartedBy,
		executable:       in.EnableExecuteCommand,
		createdAt:        s.now(),
		stopRequested:    make(chan struct{}),
		tags:             slices.Clone(plan.tags),
		attachmentStatus: "PRECREATED",
		status:           statusProvisioning,
		desired:          statusRunning,
		version:          1,
	}
	if in.Group != nil {
		t.group = *in.Group
	}
	if plan.placement.launchType == "" {
		t.provider = plan.placement.providers[index]
	}
	for i, definition := range t.definition.ContainerDefinitions {
		t.containers = append(t.containers, newContainer(t, definition, i))
	}
	return t
}

// update changes the task under the server's mutex.
func (t *task) update(change func()) {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	change()
	t.version++
}

// requestStop makes STOPPED the desired status. The first request decides the
// stop code and the reason. The caller holds the server's mutex.
func (t *task) requestStop(code types.TaskStopCode, reason string) {
	if t.desired == statusStopped {
		return
	}
	t.desired, t.stopCode, t.stoppedReason = statusStopped, code, reason
	t.stoppingAt = t.server.now()
	t.version++
	close(t.stopRequested)
}

// view returns the task as the API shows it. The caller holds the mutex.
func (t *task) view(withTags bool) types.Task {
	view := types.Task{
		Attachments:          []types.Attachment{t.attachmentView()},
		Attributes:           []types.Attribute{},
		AvailabilityZone:     aws.String(t.server.zone(t.network.subnet)),
		ClusterArn:           aws.String(t.cluster.arn),
		Connectivity:         types.ConnectivityDisconnected,
		ConnectivityAt:       timestamp(t.connectivityAt),
		Cpu:                  aws.String(strconv.Itoa(t.size.cpu)),
		CreatedAt:            timestamp(t.createdAt),
		DesiredStatus:        aws.String(t.desired),
		EnableExecuteCommand: t.executable,
		ExecutionStoppedAt:   timestamp(t.executionEndedAt),
		Group:                aws.String(t.group),
		HealthStatus:         t.health(),
		LastStatus:           aws.String(t.status),
		LaunchType:           t.launchType,
		Memory:               aws.String(strconv.Itoa(t.size.memory)),
		Overrides:            t.overrides,
		PlatformFamily:       aws.String("Linux"),
		PlatformVersion:      aws.String(t.platform),
		PullStartedAt:        timestamp(t.pullStartedAt),
		PullStoppedAt:        timestamp(t.pullStoppedAt),
		StartedAt:            timestamp(t.startedAt),
		StartedBy:            t.startedBy,
		StopCode:             t.stopCode,
		StoppedAt:            timestamp(t.stoppedAt),
		StoppingAt:           timestamp(t.stoppingAt),
		TaskArn:              aws.String(t.arn),
		TaskDefinitionArn:    t.definition.TaskDefinitionArn,
		Version:              t.version,
		EphemeralStorage:     t.ephemeralStorage(),
		Tags:                 []types.Tag{},
	}
	if t.provider != "" {
		view.CapacityProviderName = aws.String(t.provider)
		view.LaunchType = types.LaunchTypeFargate
	}
	if !t.connectivityAt.IsZero() {
		view.Connectivity = types.ConnectivityConnected
	}
	if t.stoppedReason != "" {
		view.StoppedReason = aws.String(t.stoppedReason)
	}
	if withTags {
		view.Tags = notNil(slices.Clone(t.tags))
	}
	for _, c := range t.containers {
		view.Containers = append(view.Containers, c.view())
	}
	return view
}

// attachmentView shows the network interface, of which only the subnet is known
// before it exists.
func (t *task) attachmentView() types.Attachment {
	details := []types.KeyValuePair{pair("subnetId", t.network.subnet.ID)}
	if t.eni != nil {
		details = append(details,
			pair("networkInterfaceId", t.eni.id),
			pair("macAddress", t.eni.mac),
			pair("privateDnsName", t.eni.privateDNSName()),
			pair("privateIPv4Address", t.eni.private.String()))
	}
	return types.Attachment{
		Id:      aws.String(t.attachmentID),
		Type:    aws.String("ElasticNetworkInterface"),
		Status:  aws.String(t.attachmentStatus),
		Details: details,
	}
}

// defaultEphemeralStorage is what a Fargate task gets, in GiB, from the ECS
// developer guide, "Fargate task ephemeral storage".
const defaultEphemeralStorage = 20

func (t *task) ephemeralStorage() *types.EphemeralStorage {
	switch {
	case t.overrides != nil && t.overrides.EphemeralStorage != nil:
		return t.overrides.EphemeralStorage
	case t.definition.EphemeralStorage != nil:
		return t.definition.EphemeralStorage
	}
	return &types.EphemeralStorage{SizeInGiB: defaultEphemeralStorage}
}

func pair(name, value string) types.KeyValuePair {
	return types.KeyValuePair{Name: aws.String(name), Value: aws.String(value)}
}

// timestamp leaves out the zero time, of something that has not happened.
func timestamp(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
