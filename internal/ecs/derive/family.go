package derive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/schemas"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
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

// encoder is the SDK's own. It leaves out what is not set, so that a later SDK with
// more fields gives the same.
var encoder = awsjson.New11(schemas.AmazonEC2ContainerServiceV20141113)

// operation satisfies the encoder, which takes the shape from the value.
var operation = smithy.NewOperationSchema(schemas.RegisterTaskDefinition, schemas.RegisterTaskDefinitionRequest, schemas.RegisterTaskDefinitionResponse)

// canonical is the request with the keys of objects sorted: the encoder does not
// sort those of maps.
func canonical(in *ecs.RegisterTaskDefinitionInput) ([]byte, error) {
	encoded, err := encode(in)
	if err != nil {
		return nil, err
	}
	var content any
	if err := json.Unmarshal(encoded, &content); err != nil {
		return nil, err
	}
	return json.Marshal(content)
}

// encode returns the request's body.
func encode(in *ecs.RegisterTaskDefinitionInput) ([]byte, error) {
	request, ok := smithyhttp.NewStackRequest().(*smithyhttp.Request)
	if !ok {
		return nil, errors.New("the SDK's request has an unknown type")
	}
	if err := encoder.SerializeRequest(context.Background(), operation, in, request); err != nil {
		return nil, err
	}
	return io.ReadAll(request.GetStream())
}
