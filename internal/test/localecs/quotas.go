package localecs

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"
)

// quotasTarget precedes the action in the X-Amz-Target header of Service Quotas.
const quotasTarget = "ServiceQuotasV20190624."

// quotasProtocol is AWS JSON 1.1, like ECS's, with other permissions.
type quotasProtocol struct{ ecsProtocol }

// permissions is just the action, which has no resources. Source: Service
// Authorization Reference, Service Quotas.
func (quotasProtocol) permissions(_ *Server, c call) ([]iam.Request, error) {
	return []iam.Request{{Action: "servicequotas:" + c.action, Resource: "*"}}, nil
}

type quotaRequest struct {
	ServiceCode, QuotaCode string
}

type serviceQuota struct {
	ServiceCode, QuotaCode string
	Value                  float64
	Adjustable             bool
}

// quotasOperation finds the action that an X-Amz-Target header names. It only
// knows GetServiceQuota.
func (s *Server) quotasOperation(target string, body []byte) (action string, run operation) {
	action = strings.TrimPrefix(target, quotasTarget)
	if action != "GetServiceQuota" {
		return action, func(Fault) ([]byte, error) { return nil, unknownAction("Service Quotas", action) }
	}
	return action, func(Fault) ([]byte, error) {
		var in quotaRequest
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, &APIError{Code: "SerializationException", Message: err.Error()}
		}
		if in.ServiceCode != "fargate" {
			return nil, &APIError{Code: "NoSuchResourceException", Message: "There is no such service.", Status: http.StatusBadRequest}
		}
		value, ok := s.config.Quotas[in.QuotaCode]
		if !ok {
			value = DefaultQuota
		}
		return json.Marshal(map[string]serviceQuota{"Quota": {in.ServiceCode, in.QuotaCode, value, true}})
	}
}
