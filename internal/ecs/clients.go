package ecs

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/version"
)

// appID names this program in the User-Agent of every call, next to its
// version, so that CloudTrail shows who called.
const appID = "fargate-operator"

// callTimeout is how long AWS may take to answer one request. The SDK tries a
// request three times. Its own client has no limit: a proxy or an endpoint that
// accepts and then says nothing would block its caller forever.
const callTimeout = 20 * time.Second

// accountTTL is how long unused clients of a Region and role are kept.
// Observers and collectors of tasks there use theirs every few minutes.
const accountTTL = time.Hour

// The following is everything that this package calls in AWS. hack/iampolicy
// generates the IAM policies in config/aws from it.

// tasksAPI is what this package calls in Amazon ECS to run tasks.
type tasksAPI interface {
	RunTask(context.Context, *ecs.RunTaskInput, ...func(*ecs.Options)) (*ecs.RunTaskOutput, error)
	DescribeTasks(context.Context, *ecs.DescribeTasksInput, ...func(*ecs.Options)) (*ecs.DescribeTasksOutput, error)
	ListTasks(context.Context, *ecs.ListTasksInput, ...func(*ecs.Options)) (*ecs.ListTasksOutput, error)
	StopTask(context.Context, *ecs.StopTaskInput, ...func(*ecs.Options)) (*ecs.StopTaskOutput, error)
	DescribeTaskDefinition(context.Context, *ecs.DescribeTaskDefinitionInput, ...func(*ecs.Options)) (*ecs.DescribeTaskDefinitionOutput, error)
}

// interfacesAPI is what this package calls in Amazon EC2 to find addresses.
type interfacesAPI interface {
	DescribeNetworkInterfaces(context.Context, *ec2.DescribeNetworkInterfacesInput, ...func(*ec2.Options)) (*ec2.DescribeNetworkInterfacesOutput, error)
}

// rolesAPI is what this package calls in AWS STS to act as the role of a class.
type rolesAPI interface {
	AssumeRole(context.Context, *sts.AssumeRoleInput, ...func(*sts.Options)) (*sts.AssumeRoleOutput, error)
}

// logsAPI is what this package calls in CloudWatch Logs.
type logsAPI interface {
	GetLogEvents(context.Context, *cloudwatchlogs.GetLogEventsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.GetLogEventsOutput, error)
}

// Location is where tasks live and which role manages them. It is comparable:
// one observer serves one Location.
type Location struct {
	Region        string
	Cluster       string
	AssumeRoleARN string
}

// LocationOf returns the Location of a template's tasks.
func LocationOf(template *v1alpha1.TaskTemplate) Location {
	return Location{Region: template.Region, Cluster: template.Cluster, AssumeRoleARN: template.AssumeRoleARN}
}

// account is one identity in one Region: AWS limits calls for each of these.
type account struct {
	region        string
	assumeRoleARN string
}

func accountOf(loc Location) account {
	return account{region: loc.Region, assumeRoleARN: loc.AssumeRoleARN}
}

// Clients hands out the API clients of every Region and role in use. It loads
// the SDK's standard configuration chain once for each, at first use:
// environment, shared files, IRSA, Pod Identity, instance metadata,
// AWS_ENDPOINT_URL and proxies all work as the AWS documentation says. The zero
// value is ready to use.
type Clients struct {
	// Called is called for every request sent, including retries, with its
	// service, its operation, and which of Results it had. It may be nil.
	Called func(service, operation, result string)

	// Roles say which roles of classes may be assumed, and how. Nil means every
	// role, for a program whose configuration its own administrator writes.
	Roles *Roles

	timeout time.Duration // callTimeout except in tests

	stops, searches Lines

	mu       sync.Mutex
	accounts map[account]*regional
}

// regional is the clients of one account, sharing their token buckets.
type regional struct {
	tasks       tasksAPI
	interfaces  interfacesAPI
	definitions *definitionCache
	turns       *turns
	// config creates the clients that are seldom needed.
	config aws.Config
	// used is when they were last requested.
	used time.Time
}

// at returns the clients for a Location, or an *Error if the SDK's
// configuration cannot be loaded.
func (c *Clients) at(ctx context.Context, loc Location) (*regional, error) {
	if err := c.Roles.check(loc.AssumeRoleARN); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := accountOf(loc)
	now := time.Now()
	if r, ok := c.accounts[key]; ok {
		r.used = now
		return r, nil
	}
	maps.DeleteFunc(c.accounts, func(_ account, r *regional) bool { return now.Sub(r.used) >= accountTTL })
	limits := newLimiter()
	cfg, err := c.loadConfig(ctx, key, limits)
	if err != nil {
		return nil, err
	}
	if c.accounts == nil {
		c.accounts = map[account]*regional{}
	}
	r := &regional{
		tasks:       ecs.NewFromConfig(cfg),
		interfaces:  ec2.NewFromConfig(cfg),
		definitions: newDefinitionCache(),
		turns:       newTurns(limits.launches),
		config:      cfg,
		used:        now,
	}
	c.accounts[key] = r
	return r, nil
}

// Config returns the SDK's configuration for a Location, for clients of other
// services: with its identity, within the token buckets of its account, and
// with its requests counted by Called. It fails with *Error.
func (c *Clients) Config(ctx context.Context, loc Location) (aws.Config, error) {
	r, err := c.at(ctx, loc)
	if err != nil {
		return aws.Config{}, err
	}
	return r.config, nil
}

func (c *Clients) loadConfig(ctx context.Context, key account, limits *limiter) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithRegion(key.region),
		config.WithAppID(appID+"-"+version.Version),
		// The SDK adds AWS_CA_BUNDLE only to a client of this kind.
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(cmp.Or(c.timeout, callTimeout))),
		config.WithAPIOptions([]func(*middleware.Stack) error{c.reportCalls, limits.install}),
	)
	if err != nil {
		return aws.Config{}, &Error{
			Class:   Terminal,
			Reason:  v1alpha1.ReasonAccessDenied,
			Message: fmt.Sprintf("loading the AWS configuration for region %s: %s", key.region, withoutCredentials(err.Error())),
			cause:   err,
		}
	}
	if key.assumeRoleARN != "" {
		cfg.Credentials = c.Roles.credentials(sts.NewFromConfig(cfg), key.assumeRoleARN)
	}
	return cfg, nil
}
