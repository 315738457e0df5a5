package localecs

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"
)

// ecrTarget precedes the action in the X-Amz-Target header of ECR.
const ecrTarget = "AmazonEC2ContainerRegistry_V20150921."

// ECRPassword is what every token of ECR says.
const ECRPassword = "local-ecr-token" //nolint:gosec // It opens nothing.

// tokenLife is how long a token is valid. Source: GetAuthorizationToken in the
// ECR API reference.
const tokenLife = 12 * time.Hour

// ecrProtocol is AWS JSON 1.1, like ECS's, with other permissions.
type ecrProtocol struct{ ecsProtocol }

// permissions is just the action: tokens are not for a repository. Source:
// Service Authorization Reference, Amazon Elastic Container Registry.
func (ecrProtocol) permissions(_ *Server, c call) ([]iam.Request, error) {
	return []iam.Request{{Action: "ecr:" + c.action, Resource: "*"}}, nil
}

type authorizationData struct {
	AuthorizationToken string  `json:"authorizationToken"`
	ExpiresAt          float64 `json:"expiresAt"` // seconds since 1970
}

// ecrOperation finds the action that an X-Amz-Target header names. It only knows
// GetAuthorizationToken.
func (s *Server) ecrOperation(target string) (action string, run operation) {
	action = strings.TrimPrefix(target, ecrTarget)
	if action != "GetAuthorizationToken" {
		return action, func(Fault) ([]byte, error) { return nil, unknownAction("ECR", action) }
	}
	return action, func(Fault) ([]byte, error) {
		data := authorizationData{
			AuthorizationToken: base64.StdEncoding.EncodeToString([]byte("AWS:" + ECRPassword)),
			ExpiresAt:          float64(s.now().Add(tokenLife).Unix()),
		}
		return json.Marshal(map[string][]authorizationData{"authorizationData": {data}})
	}
}
