package localecs

import (
	"encoding/json"
	"strings"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"
)

// secretsTarget precedes the action in the X-Amz-Target header of Secrets
// Manager.
const secretsTarget = "secretsmanager."

// secretsProtocol is AWS JSON 1.1, like ECS's, with other permissions.
type secretsProtocol struct{ ecsProtocol }

type secretRequest struct {
	SecretID string `json:"SecretId"`
}

type secretValue struct {
	ARN, SecretString string
}

// permissions name the secret. Source: Service Authorization Reference, AWS
// Secrets Manager.
func (secretsProtocol) permissions(_ *Server, c call) ([]iam.Request, error) {
	in, err := readSecretRequest(c.body)
	if err != nil {
		return nil, err
	}
	return []iam.Request{{Action: "secretsmanager:" + c.action, Resource: in.SecretID}}, nil
}

func readSecretRequest(body []byte) (in secretRequest, err error) {
	if err := json.Unmarshal(body, &in); err != nil {
		return in, &APIError{Code: "SerializationException", Message: err.Error()}
	}
	return in, nil
}

// secretsOperation finds the action that an X-Amz-Target header names. It only
// knows GetSecretValue.
func (s *Server) secretsOperation(target string, body []byte) (action string, run operation) {
	action = strings.TrimPrefix(target, secretsTarget)
	if action != "GetSecretValue" {
		return action, func(Fault) ([]byte, error) { return nil, unknownAction("Secrets Manager", action) }
	}
	return action, func(Fault) ([]byte, error) {
		in, err := readSecretRequest(body)
		if err != nil {
			return nil, err
		}
		value, ok := s.config.Secrets[in.SecretID]
		if !ok {
			return nil, &APIError{Code: "ResourceNotFoundException", Message: "Secrets Manager can't find the specified secret."}
		}
		return json.Marshal(secretValue{in.SecretID, value})
	}
}
