package inspect

import (
	"reflect"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// Operations are the calls that this package makes for the controller, which
// checks classes, by service.
func Operations() map[string][]string {
	return ecs.OperationsOf(map[string][]reflect.Type{
		"ECS": {reflect.TypeFor[clustersAPI](), reflect.TypeFor[definitionsAPI]()},
		"EC2": {reflect.TypeFor[networksAPI]()},
	})
}
