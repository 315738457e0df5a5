package ecs

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/singleflight"
)

// How long an answer about a task definition is remembered: a revision never
// changes, a family may get a new one at any time. One lookup serves all jobs
// that start meanwhile.
const (
	revisionTTL = time.Hour
	familyTTL   = 10 * time.Second
)

// Definition is what launches and checks need to know about a task definition.
type Definition struct {
	// ARN includes the revision, so that every attempt and every restart
	// sends an identical request.
	ARN string
	// Active is false once the revision has been deregistered: it can no longer
	// launch tasks.
	Active bool
	// NetworkMode is awsvpc, bridge, host or none.
	NetworkMode string
	// Fargate says whether ECS found it compatible with Fargate when it was
	// registered.
	Fargate bool
	// CPU and Memory are the size of its tasks in CPU units, 1024 to a vCPU, and
	// MiB; 0 if it has none.
	CPU, Memory int32
	// ExecutionRoleARN is the role with which ECS pulls images, reads secrets
	// and writes logs. Empty if it names none.
	ExecutionRoleARN string
	// TaskRoleARN is the role of the containers' own processes. Empty if it
	// names none.
	TaskRoleARN string
	// OS is what its containers are made for: LINUX, or a version of Windows such
	// as WINDOWS_SERVER_2022_CORE.
	OS string
	// EphemeralStorageGiB is its tasks' disk in GiB; 0 if it leaves that to
	// Fargate.
	EphemeralStorageGiB int32
	// Volumes are its volumes, in its order.
	Volumes []Volume
	// Containers are its containers by name.
	Containers map[string]Container
}

// Container is what launches and checks need to know about a container of a
// task definition.
type Container struct {
	// HealthCheck says whether it has one: without it ECS never calls the
	// container healthy.
	HealthCheck bool
	// TCPPorts are the container's ports that are mapped over tcp.
	TCPPorts []PortRange
	// Essential is true if the end of the container ends the task.
	Essential bool
	// DependsOn is what must hold for other containers before this one starts,
	// by their names.
	DependsOn map[string]DependencyCondition
	// Image is the image that it runs.
	Image string
	// LogDriver is where its output goes, such as awslogs. Empty means nowhere.
	LogDriver string
	// Log is where its output goes in CloudWatch Logs.
	Log ContainerLog
	// Secrets are the ARNs or names of what ECS reads from Secrets Manager and
	// the parameter store before it starts: for its environment, its log
	// driver, and to log in to its registry.
	Secrets []string
	// Files are the ARNs of what ECS reads from S3 before it starts, such as
	// environment files.
	Files []string
	// ReadOnlyRoot says whether it can write to its volumes only.
	ReadOnlyRoot bool
	// WritablePaths are where it can write in spite of that.
	WritablePaths []string
}

// PortRange is the ports from First to Last, both included.
type PortRange struct {
	First, Last int32
}

// MapsTCP reports whether a port of the container is mapped over tcp.
func (c Container) MapsTCP(port int32) bool {
	return slices.ContainsFunc(c.TCPPorts, func(r PortRange) bool { return r.First <= port && port <= r.Last })
}

// definitionCache remembers definitions by the name they were asked for. Jobs
// that ask for the same one at the same time share a call.
type definitionCache struct {
	calls singleflight.Group
	mu    sync.Mutex
	known map[string]remembered
}

type remembered struct {
	definition Definition
	until      time.Time
}

func newDefinitionCache() *definitionCache {
	return &definitionCache{known: map[string]remembered{}}
}

func (c *definitionCache) get(name string) (Definition, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.known[name]
	return known.definition, ok && time.Now().Before(known.until)
}

func (c *definitionCache) put(name string, definition Definition) {
	ttl := familyTTL
	if hasRevision(name) {
		ttl = revisionTTL
	}
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.known, func(_ string, known remembered) bool { return !now.Before(known.until) })
	c.known[name] = remembered{definition: definition, until: now.Add(ttl)}
}

// TaskDefinition looks up a family's latest active revision, a family:revision
// or an ARN. Errors are *Error or the context's.
func (c *Clients) TaskDefinition(ctx context.Context, loc Location, name string) (Definition, error) {
	r, err := c.at(ctx, loc)
	if err != nil {
		return Definition{}, err
	}
	if known, ok := r.definitions.get(name); ok {
		return known, nil
	}
	// The first caller may leave while others still wait for the answer.
	shared := context.WithoutCancel(ctx)
	answer := r.definitions.calls.DoChan(name, func() (any, error) {
		definition, err := r.describeDefinition(shared, loc, name)
		if err == nil {
			r.definitions.put(name, definition)
		}
		return definition, err
	})
	select {
	case <-ctx.Done():
		return Definition{}, Classify(ctx.Err(), "looking up the task definition "+name, loc)
	case result := <-answer:
		definition, _ := result.Val.(Definition)
		return definition, result.Err
	}
}

func (r *regional) describeDefinition(ctx context.Context, loc Location, name string) (Definition, error) {
	out, err := r.tasks.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String(name)})
	if err != nil {
		return Definition{}, Classify(err, "looking up the task definition "+name, loc)
	}
	return DefinitionOf(out.TaskDefinition), nil
}

// DefinitionOf converts a task definition from the SDK.
func DefinitionOf(d *types.TaskDefinition) Definition {
	definition := Definition{
		ARN:    aws.ToString(d.TaskDefinitionArn),
		Active: d.Status == types.TaskDefinitionStatusActive,
		// Source of the default: networkMode of TaskDefinition in the ECS
		// API reference.
		NetworkMode:      string(cmp.Or(d.NetworkMode, types.NetworkModeBridge)),
		Fargate:          slices.Contains(d.Compatibilities, types.CompatibilityFargate),
		ExecutionRoleARN: aws.ToString(d.ExecutionRoleArn),
		TaskRoleARN:      aws.ToString(d.TaskRoleArn),
		OS:               string(types.OSFamilyLinux),
		CPU:              sizeOf(d.Cpu),
		Memory:           sizeOf(d.Memory),
		Volumes:          volumes(d.Volumes),
		Containers:       map[string]Container{},
	}
	if d.RuntimePlatform != nil {
		definition.OS = string(cmp.Or(d.RuntimePlatform.OperatingSystemFamily, types.OSFamilyLinux))
	}
	if d.EphemeralStorage != nil {
		definition.EphemeralStorageGiB = d.EphemeralStorage.SizeInGiB
	}
	for i := range d.ContainerDefinitions {
		container := &d.ContainerDefinitions[i]
		definition.Containers[aws.ToString(container.Name)] = describeContainer(container)
	}
	return definition
}

// sizeOf returns 0 for an unset size.
func sizeOf(text *string) int32 {
	size, err := strconv.ParseInt(aws.ToString(text), 10, 32)
	if err != nil {
		return 0
	}
	return int32(size)
}

func describeContainer(c *types.ContainerDefinition) Container {
	container := Container{
		HealthCheck: c.HealthCheck != nil,
		TCPPorts:    tcpPorts(c.PortMappings),
		Essential:   c.Essential == nil || *c.Essential, // Source of the default: ContainerDefinition in the ECS API reference.
		Image:       aws.ToString(c.Image),
		Log:         containerLog(c.LogConfiguration),
	}
	for _, dependency := range c.DependsOn {
		if container.DependsOn == nil {
			container.DependsOn = map[string]DependencyCondition{}
		}
		container.DependsOn[aws.ToString(dependency.ContainerName)] = DependencyCondition(dependency.Condition)
	}
	if c.LogConfiguration != nil {
		container.LogDriver = string(c.LogConfiguration.LogDriver)
	}
	container.Secrets, container.Files = sources(c)
	container.ReadOnlyRoot = aws.ToBool(c.ReadonlyRootFilesystem)
	container.WritablePaths = writablePaths(c)
	return container
}

// tcpPorts reads single ports and ranges such as "2200-2299". A mapping without
// a protocol is tcp.
func tcpPorts(mappings []types.PortMapping) []PortRange {
	var ports []PortRange
	for i := range mappings {
		mapping := &mappings[i]
		if mapping.Protocol == types.TransportProtocolUdp {
			continue
		}
		if mapping.ContainerPort != nil {
			ports = append(ports, PortRange{First: *mapping.ContainerPort, Last: *mapping.ContainerPort})
			continue
		}
		var span PortRange
		if _, err := fmt.Sscanf(aws.ToString(mapping.ContainerPortRange), "%d-%d", &span.First, &span.Last); err == nil {
			ports = append(ports, span)
		}
	}
	return ports
}

// hasRevision distinguishes "family:3" and "arn:…:task-definition/family:3"
// from "family".
func hasRevision(name string) bool {
	return strings.Contains(name[strings.LastIndexByte(name, '/')+1:], ":")
}
