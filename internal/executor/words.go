package executor

// Words are how a store speaks of one of its jobs in the job log. All but Job
// are what to do about it, or to check.
type Words struct {
	// Job names it, for example "FargateJob ci/job-4711-abcdefgh".
	Job string
	// Unattended is for a job to which nothing happens.
	Unattended string
	// Overdue is for a job that is neither ready nor stalled at its launch
	// deadline.
	Overdue string
	// Vanished is for a job that somebody else has deleted.
	Vanished string
	// Undeleted is for a job that could not be deleted, and says what becomes
	// of its task.
	Undeleted string
}
