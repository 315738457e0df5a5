package containers

import (
	"fmt"
	"path"
	"strings"
)

// ContainerName names the container of the service at a position, from 0, such as
// svc-0-db for one with the alias db. The names differ from each other and from
// those of the task's other containers, and have only lowercase letters, digits
// and hyphens, at most 255 of them, as ECS asks for (ContainerDefinition in its
// API reference).
func (c Containers) ContainerName(position int) string {
	service := &c.Services[position]
	name := path.Base(withoutVersion(service.Name))
	if len(service.Aliases) > 0 {
		name = service.Aliases[0]
	}
	return fmt.Sprintf("svc-%d-%s", position, slug(strings.ToLower(name)))
}
