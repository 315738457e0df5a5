package derive

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// FamilyPrefix begins the family of every derived task definition.
const FamilyPrefix = "fargate-operator-"

// digestLength is how many bytes of the content's SHA-256 a family's name has.
// Two different contents never meet in 20 bytes.
const digestLength = 20

// name names the family by the content. ECS refuses two revisions of one family at
// the same time; families of different content never contend.
func name(in *ecs.RegisterTaskDefinitionInput) error {
	content, err := canonical(in)
	if err != nil {
		return fmt.Errorf("naming a task definition by its content: %w", err)
	}
	sum := sha256.Sum256(content)
	in.Family = aws.String(FamilyPrefix + hex.EncodeToString(sum[:digestLength]))
	return nil
}

// canonical is the request in JSON without what is not set, so that a later SDK
// with more fields gives the same.
func canonical(in *ecs.RegisterTaskDefinitionInput) ([]byte, error) {
	encoded, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	var content any
	if err := json.Unmarshal(encoded, &content); err != nil {
		return nil, err
	}
	return json.Marshal(withoutUnset(content))
}

// withoutUnset drops null, empty texts and empty collections from objects. Zero and
// false stay: they may be what somebody has set.
func withoutUnset(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, field := range v {
			if v[key] = withoutUnset(field); isUnset(v[key]) {
				delete(v, key)
			}
		}
	case []any:
		for i := range v {
			v[i] = withoutUnset(v[i])
		}
	}
	return value
}

func isUnset(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}

// sortedByName makes the order of variables the same, which ECS does not keep.
func sortedByName(variables []types.KeyValuePair) []types.KeyValuePair {
	return slices.SortedFunc(slices.Values(variables), func(a, b types.KeyValuePair) int {
		return cmp.Compare(aws.ToString(a.Name), aws.ToString(b.Name))
	})
}
