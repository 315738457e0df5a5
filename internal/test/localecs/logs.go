package localecs

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"
)

// logsTarget precedes the action in the X-Amz-Target header of CloudWatch Logs.
const logsTarget = "Logs_20140328."

// maxLogEvents is how many events an answer has that was asked for no number.
// Source: GetLogEvents in the CloudWatch Logs API reference.
const maxLogEvents = 10_000

// logsProtocol is AWS JSON 1.1, as that of ECS, but for permissions.
type logsProtocol struct{ ecsProtocol }

type logRequest struct {
	LogGroupName, LogStreamName string
	Limit                       int
}

type logEvent struct {
	Timestamp int64  `json:"timestamp"` // milliseconds since 1970
	Message   string `json:"message"`
}

// permissions name the stream. Source: Service Authorization Reference, Amazon
// CloudWatch Logs.
func (logsProtocol) permissions(s *Server, c call) ([]iam.Request, error) {
	in, err := readLogRequest(c.body)
	if err != nil {
		return nil, err
	}
	stream := fmt.Sprintf("arn:aws:logs:%s:%s:log-group:%s:log-stream:%s", s.config.Region, s.config.Account, in.LogGroupName, in.LogStreamName)
	return []iam.Request{{Action: "logs:" + c.action, Resource: stream}}, nil
}

func readLogRequest(body []byte) (in logRequest, err error) {
	if err := json.Unmarshal(body, &in); err != nil {
		return in, &APIError{Code: "SerializationException", Message: err.Error()}
	}
	return in, nil
}

// logsOperation finds the action that an X-Amz-Target header names. Only
// GetLogEvents is known, for the end of a stream.
func (s *Server) logsOperation(target string, body []byte) (action string, run operation) {
	action = strings.TrimPrefix(target, logsTarget)
	if action != "GetLogEvents" {
		return action, func(Fault) ([]byte, error) { return nil, unknownAction("CloudWatch Logs", action) }
	}
	return action, func(Fault) ([]byte, error) {
		in, err := readLogRequest(body)
		if err != nil {
			return nil, err
		}
		events, err := s.lastEvents(in)
		if err != nil {
			return nil, err
		}
		return json.Marshal(map[string][]logEvent{"events": events})
	}
}

// lastEvents are a stream's last lines. A stream begins with its first line.
func (s *Server) lastEvents(in logRequest) ([]logEvent, error) {
	missing := &APIError{Code: "ResourceNotFoundException", Message: "The specified log stream does not exist."}
	path := s.logFile(in)
	if path == "" {
		return nil, missing
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading a container's output: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("reading a container's output: %w", err)
	}
	if len(text) == 0 {
		return nil, missing
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	limit := cmp.Or(in.Limit, maxLogEvents)
	var events []logEvent
	for _, line := range lines[max(0, len(lines)-limit):] {
		events = append(events, logEvent{Timestamp: info.ModTime().UnixMilli(), Message: line})
	}
	return events, nil
}

// logFile is the file with the output of the container whose log a stream is,
// empty if it is nobody's or nothing was started.
func (s *Server) logFile(in logRequest) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, cluster := range s.clusters {
		for _, task := range cluster.tasks {
			for _, c := range task.containers {
				if c.logsTo(in) && c.status != statusPending {
					return c.logFile()
				}
			}
		}
	}
	return ""
}

// logsTo reports whether the container's output goes to a stream.
func (c *container) logsTo(in logRequest) bool {
	driver := c.definition.LogConfiguration
	if driver == nil || driver.LogDriver != types.LogDriverAwslogs {
		return false
	}
	stream := driver.Options["awslogs-stream-prefix"] + "/" + *c.definition.Name + "/" + c.task.id
	return driver.Options["awslogs-group"] == in.LogGroupName && stream == in.LogStreamName
}
