package localecs

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/schemas"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
)

// ecsTarget precedes the action in the X-Amz-Target header.
const ecsTarget = "AmazonEC2ContainerServiceV20141113."

// ecsProtocol is AWS JSON 1.1.
type ecsProtocol struct{}

func (ecsProtocol) contentType() string { return "application/x-amz-json-1.1" }

func (ecsProtocol) throttled() *APIError {
	return &APIError{Code: "ThrottlingException", Message: "Rate exceeded"}
}

func (ecsProtocol) encodeError(e *APIError, _ string) []byte {
	// Strings and a list of strings always encode.
	body, _ := json.Marshal(struct {
		Type        string   `json:"__type"`
		Message     string   `json:"message"`
		ResourceIDs []string `json:"resourceIds,omitempty"`
	}{e.Code, e.Message, e.ResourceIDs})
	return body
}

// ecsHandler executes an ECS action on a request's body.
type ecsHandler func(s *Server, body []byte, fault Fault) ([]byte, error)

var ecsHandlers = map[string]ecsHandler{
	"CreateCluster":               handleECS((*Server).createCluster),
	"DescribeClusters":            handleECS((*Server).describeClusters),
	"ListClusters":                handleECS((*Server).listClusters),
	"PutClusterCapacityProviders": handleECS((*Server).putClusterCapacityProviders),
	"DescribeCapacityProviders":   handleECS((*Server).describeCapacityProviders),
	"RegisterTaskDefinition":      handleECS((*Server).registerTaskDefinition),
	"DescribeTaskDefinition":      handleECS((*Server).describeTaskDefinition),
	"DeregisterTaskDefinition":    handleECS((*Server).deregisterTaskDefinition),
	"ListTaskDefinitions":         handleECS((*Server).listTaskDefinitions),
	"DescribeTasks":               handleECS((*Server).describeTasks),
	"ListTasks":                   handleECS((*Server).listTasks),
	"StopTask":                    handleECS((*Server).stopTask),
	"TagResource":                 handleECS((*Server).tagResource),
	"UntagResource":               handleECS((*Server).untagResource),
	"ListTagsForResource":         handleECS((*Server).listTagsForResource),
	"RunTask": func(s *Server, body []byte, fault Fault) ([]byte, error) {
		run := func(s *Server, in *ecs.RunTaskInput) (*ecs.RunTaskOutput, error) {
			return s.runTask(in, fault)
		}
		return handleECS(run)(s, body, fault)
	},
}

// ecsOperation finds the action that an X-Amz-Target header names.
func (s *Server) ecsOperation(target string, body []byte) (action string, run operation) {
	action = strings.TrimPrefix(target, ecsTarget)
	handler, known := ecsHandlers[action]
	if !known {
		return action, func(Fault) ([]byte, error) { return nil, unknownAction("ECS", target) }
	}
	return action, func(fault Fault) ([]byte, error) { return handler(s, body, fault) }
}

// handleECS turns a method that takes and returns the SDK's types into a handler.
func handleECS[In, Out any, Answer interface {
	*Out
	smithy.Serializable
}](method func(*Server, *In) (*Out, error)) ecsHandler {
	return func(s *Server, body []byte, _ Fault) ([]byte, error) {
		var in In
		// The names of the SDK's fields differ from those of the protocol in
		// case only, which encoding/json ignores.
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, &APIError{Code: "SerializationException", Message: err.Error()}
		}
		out, err := method(s, &in)
		if err != nil {
			return nil, err
		}
		return encodeECS(Answer(out))
	}
}

var (
	ecsEncoder = awsjson.New11(schemas.AmazonEC2ContainerServiceV20141113)
	// anyOperation satisfies the encoder, which takes the shape from the value.
	anyOperation = smithy.NewOperationSchema(schemas.RunTask, schemas.RunTaskRequest, schemas.RunTaskResponse)
)

// encodeECS encodes an answer with the SDK's own encoder. That encoder is meant
// for requests; in this protocol a body looks the same in both directions.
func encodeECS(out smithy.Serializable) ([]byte, error) {
	request, ok := smithyhttp.NewStackRequest().(*smithyhttp.Request)
	if !ok {
		return nil, fmt.Errorf("encoding an answer: the SDK's request has an unknown type")
	}
	if err := ecsEncoder.SerializeRequest(context.Background(), anyOperation, out, request); err != nil {
		return nil, fmt.Errorf("encoding an answer: %w", err)
	}
	return io.ReadAll(request.GetStream())
}
