// Package usage is what the measure program reports of the command that it ran.
package usage

import "time"

// Usage is what one run of a command cost.
type Usage struct {
	// Wall is the time from before the start to the end.
	Wall time.Duration
	// CPU is the user and system time of all its threads.
	CPU time.Duration
	// PeakKiB is the most memory that it had resident, in KiB.
	PeakKiB int64
}
