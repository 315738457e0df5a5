package main

import "github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"

// The policies, by the name of their file.
const (
	controller = "controller-policy"
	standalone = "standalone-policy"
	assumeRole = "assume-role-policy"
	doctor     = "doctor-policy"
	images     = "images-policy"
)

// statement is a part of policies. Its actions come from permissions.
type statement struct {
	iam.Statement
	policies []string
}

// permission is an action that IAM must allow, and the statement that does.
type permission struct {
	action string
	sid    string
}

// permissions are what IAM requires for each call. Source: Service
// Authorization Reference; for tags and roles, "Grant permission to tag
// resources on creation" and "Amazon ECS task execution IAM role" in the ECS
// developer guide.
var permissions = map[string][]permission{
	"ecs:RunTask": {
		{"ecs:RunTask", "StartTasks"},
		{"ecs:TagResource", "TagStartedTasks"},
		{"iam:PassRole", "PassTaskRoles"},
	},
	"ecs:DescribeTasks":             {{"ecs:DescribeTasks", "FollowAndStopTasks"}},
	"ecs:ListTasks":                 {{"ecs:ListTasks", "FollowAndStopTasks"}},
	"ecs:StopTask":                  {{"ecs:StopTask", "FollowAndStopTasks"}},
	"ecs:DescribeTaskDefinition":    {{"ecs:DescribeTaskDefinition", "ReadDefinitionsAndAddresses"}},
	"ecs:RegisterTaskDefinition":    {{"ecs:RegisterTaskDefinition", "RegisterDefinitions"}},
	"ec2:DescribeNetworkInterfaces": {{"ec2:DescribeNetworkInterfaces", "ReadDefinitionsAndAddresses"}},
	"ecs:DescribeClusters":          {{"ecs:DescribeClusters", "CheckClusters"}},
	"ec2:DescribeSubnets":           {{"ec2:DescribeSubnets", "CheckNetworks"}},
	"ec2:DescribeSecurityGroups":    {{"ec2:DescribeSecurityGroups", "CheckNetworks"}},
	"cloudwatchlogs:GetLogEvents":   {{"logs:GetLogEvents", "ReadContainerLogs"}},
	"sts:AssumeRole":                {{"sts:AssumeRole", "AssumeRolesOfClasses"}},
	"sts:GetCallerIdentity":         {}, // Everyone may.
	"ec2:DescribeRouteTables":       {{"ec2:DescribeRouteTables", "CheckRoutesAndQuotas"}},
	"ec2:DescribeVpcEndpoints":      {{"ec2:DescribeVpcEndpoints", "CheckRoutesAndQuotas"}},
	"servicequotas:GetServiceQuota": {{"servicequotas:GetServiceQuota", "CheckRoutesAndQuotas"}},
	"ecr:GetAuthorizationToken": {
		{"ecr:GetAuthorizationToken", "LogInToECR"},
		// What the registry asks for whose token it is.
		{"ecr:BatchGetImage", "ReadImages"},
		{"ecr:GetDownloadUrlForLayer", "ReadImages"},
	},
	"secretsmanager:GetSecretValue": {{"secretsmanager:GetSecretValue", "ReadRegistrySecrets"}},
}

// statements are the statements in the order of the policies. The reader
// replaces the words in capitals; docs/aws-permissions.md explains them.
var statements = []statement{
	{
		iam.Statement{
			Sid:      "StartTasks",
			Resource: []string{"arn:aws:ecs:REGION:ACCOUNT:task-definition/*"},
			Condition: map[string]map[string][]string{
				"ArnEquals": {"ecs:cluster": {clusterARN}},
				"Null":      {"aws:RequestTag/ci.fargate-operator.dev/installation": {"false"}},
			},
		},
		[]string{controller, standalone},
	},
	{
		iam.Statement{
			Sid:       "TagStartedTasks",
			Resource:  []string{"arn:aws:ecs:REGION:ACCOUNT:task/CLUSTER/*"},
			Condition: stringEquals("ecs:CreateAction", "RunTask"),
		},
		[]string{controller, standalone},
	},
	{
		iam.Statement{
			Sid:       "PassTaskRoles",
			Resource:  []string{"arn:aws:iam::ACCOUNT:role/TASK_ROLE", "arn:aws:iam::ACCOUNT:role/EXECUTION_ROLE"},
			Condition: stringEquals("iam:PassedToService", "ecs-tasks.amazonaws.com"),
		},
		[]string{controller, standalone},
	},
	{
		iam.Statement{
			Sid: "FollowAndStopTasks",
			// ListTasks of a cluster asks for no resource but "*".
			Resource:  []string{"*"},
			Condition: map[string]map[string][]string{"ArnEquals": {"ecs:cluster": {clusterARN}}},
		},
		[]string{controller, standalone},
	},
	{
		// These actions support neither resources nor conditions.
		iam.Statement{Sid: "ReadDefinitionsAndAddresses", Resource: []string{"*"}},
		[]string{controller, standalone},
	},
	{
		iam.Statement{Sid: "ReadContainerLogs", Resource: []string{"arn:aws:logs:REGION:ACCOUNT:log-group:LOG_GROUP:log-stream:*"}},
		[]string{standalone},
	},
	{
		iam.Statement{Sid: "CheckClusters", Resource: []string{clusterARN}},
		[]string{controller, doctor},
	},
	{
		iam.Statement{Sid: "CheckNetworks", Resource: []string{"*"}},
		[]string{controller, doctor},
	},
	{
		iam.Statement{Sid: "CheckRoutesAndQuotas", Resource: []string{"*"}},
		[]string{doctor},
	},
	{
		iam.Statement{Sid: "AssumeRolesOfClasses", Resource: []string{"arn:aws:iam::ACCOUNT:role/CLASS_ROLE"}},
		[]string{assumeRole},
	},
	{
		// The action supports no resources.
		iam.Statement{Sid: "RegisterDefinitions", Resource: []string{"*"}},
		[]string{images},
	},
	{
		// The action supports no resources.
		iam.Statement{Sid: "LogInToECR", Resource: []string{"*"}},
		[]string{images},
	},
	{
		iam.Statement{Sid: "ReadImages", Resource: []string{"arn:aws:ecr:REGION:ACCOUNT:repository/REPOSITORY"}},
		[]string{images},
	},
	{
		iam.Statement{Sid: "ReadRegistrySecrets", Resource: []string{"arn:aws:secretsmanager:REGION:ACCOUNT:secret:SECRET"}},
		[]string{images},
	},
}

const clusterARN = "arn:aws:ecs:REGION:ACCOUNT:cluster/CLUSTER"

func stringEquals(key, value string) map[string]map[string][]string {
	return map[string]map[string][]string{"StringEquals": {key: {value}}}
}
