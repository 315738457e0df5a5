package executor

// Words are how a store refers to one of its jobs in the job log. All but Job
// say what to do, or what to check.
type Words struct {
	// Job names it, for example "FargateJob ci/job-4711-abcdefgh".
	Job string
	// Unattended is for a job that no controller has picked up.
	Unattended string
	// Overdue is for a job that is neither ready nor stalled at its launch
	// deadline.
	Overdue string
	// Vanished is for a job that somebody else deleted.
	Vanished string
	// Undeleted is for a job that could not be deleted, and says what happens to
	// its task.
	Undeleted string
}
