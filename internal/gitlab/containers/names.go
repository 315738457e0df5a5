package containers

import "strconv"

// ContainerName names the container of the service at a position, from 0. There is
// nothing in it that the job says: names of containers are part of the task
// definition, which jobs share, and which many can read for as long as it is there.
func ContainerName(position int) string { return "svc-" + strconv.Itoa(position) }
