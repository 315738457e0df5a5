package localecs

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"
)

// tasksService is the service that a task's roles are passed to.
const tasksService = "ecs-tasks.amazonaws.com"

func (ecsProtocol) denied(problem string) *APIError {
	return &APIError{Code: "AccessDeniedException", Message: problem}
}

// ecsSubject is what the permissions for an ECS call depend on.
type ecsSubject struct {
	Cluster        *string
	Clusters       []string
	Overrides      types.TaskOverride
	ResourceArn    string
	Tags           []types.Tag
	Task           string
	TaskDefinition string
	Tasks          []string
}

// permissions are an action's resources and condition keys. Source: Service
// Authorization Reference, Amazon Elastic Container Service. There ListTasks has
// container instances as its resource, but it needs "*" unless it lists the tasks
// of one instance.
func (ecsProtocol) permissions(s *Server, c call) ([]iam.Request, error) {
	var subject ecsSubject
	if err := json.Unmarshal(c.body, &subject); err != nil {
		return nil, &APIError{Code: "SerializationException", Message: err.Error()}
	}
	action := "ecs:" + c.action
	switch c.action {
	case "RunTask":
		return s.runTaskPermissions(&subject), nil
	case "StopTask":
		return s.taskPermissions(action, &subject, subject.Task), nil
	case "DescribeTasks":
		return s.taskPermissions(action, &subject, subject.Tasks...), nil
	case "ListTasks":
		return []iam.Request{{Action: action, Resource: "*", Context: s.clusterContext(&subject)}}, nil
	case "DescribeClusters":
		return s.clusterPermissions(action, &subject), nil
	case "TagResource":
		return []iam.Request{{Action: action, Resource: subject.ResourceArn, Context: tagContext(&subject)}}, nil
	default:
		return []iam.Request{{Action: action, Resource: "*"}}, nil
	}
}

// runTaskPermissions are the permissions to run the task definition, to tag the
// tasks and to pass them their roles.
func (s *Server) runTaskPermissions(subject *ecsSubject) []iam.Request {
	arn, roles := s.launched(subject)
	tags := tagContext(subject)
	launch := s.clusterContext(subject)
	maps.Copy(launch, tags)
	requests := []iam.Request{{Action: "ecs:RunTask", Resource: arn, Context: launch}}
	if len(tags) > 0 {
		tags["ecs:CreateAction"] = "RunTask"
		requests = append(requests, iam.Request{Action: "ecs:TagResource", Resource: s.taskARN(subject, "*"), Context: tags})
	}
	for _, role := range roles {
		requests = append(requests, iam.Request{
			Action: "iam:PassRole", Resource: role, Context: map[string]string{"iam:PassedToService": tasksService},
		})
	}
	return requests
}

// launched is the task definition that RunTask would launch, and the roles that
// its tasks would get.
func (s *Server) launched(subject *ecsSubject) (arn string, roles []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	task, execution := subject.Overrides.TaskRoleArn, subject.Overrides.ExecutionRoleArn
	arn = subject.TaskDefinition
	if found, ok := s.findDefinition(subject.TaskDefinition); ok {
		definition := found.definition
		arn = aws.ToString(definition.TaskDefinitionArn)
		if task == nil {
			task = definition.TaskRoleArn
		}
		if execution == nil {
			execution = definition.ExecutionRoleArn
		}
	}
	for _, role := range []*string{task, execution} {
		if role != nil {
			roles = append(roles, *role)
		}
	}
	return arn, roles
}

func (s *Server) taskPermissions(action string, subject *ecsSubject, tasks ...string) []iam.Request {
	var requests []iam.Request
	for _, task := range tasks {
		requests = append(requests, iam.Request{
			Action: action, Resource: s.taskARN(subject, task), Context: s.clusterContext(subject),
		})
	}
	return requests
}

func (s *Server) clusterPermissions(action string, subject *ecsSubject) []iam.Request {
	if len(subject.Clusters) == 0 {
		return []iam.Request{{Action: action, Resource: s.clusterARN(nil)}}
	}
	var requests []iam.Request
	for _, cluster := range subject.Clusters {
		requests = append(requests, iam.Request{Action: action, Resource: s.clusterARN(&cluster)})
	}
	return requests
}

// taskARN turns a task's id into its ARN. It also takes ARNs.
func (s *Server) taskARN(subject *ecsSubject, task string) string {
	if strings.HasPrefix(task, "arn:") {
		return task
	}
	cluster, _ := s.clusterName(subject.Cluster)
	return s.arn("task/" + cluster + "/" + task)
}

// clusterARN turns a cluster's name into its ARN. It also takes ARNs.
func (s *Server) clusterARN(reference *string) string {
	if name, ok := s.clusterName(reference); ok {
		return s.arn("cluster/" + name)
	}
	return *reference
}

func (s *Server) clusterContext(subject *ecsSubject) map[string]string {
	return map[string]string{"ecs:cluster": s.clusterARN(subject.Cluster)}
}

func tagContext(subject *ecsSubject) map[string]string {
	context := map[string]string{}
	for _, tag := range subject.Tags {
		context["aws:RequestTag/"+aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return context
}
