package executor

import (
	"fmt"

	"github.com/fargate-operator/fargate-operator/internal/gitlab"
)

// What connection.Lost says of losses without a reason of the API package.
const (
	lostDeleted    = "FargateJobDeleted"
	lostUnanswered = "NoAnswer" // for an unknown reason: it may answer again
)

// ended is true if it is certain that the task will never answer again.
func (c *connection) ended() bool { return c.Lost != "" && c.Lost != lostUnanswered }

// lostBefore is the error of a stage whose task an earlier stage has lost, and
// reported in full.
func lostBefore(stage gitlab.Stage, conn *connection) error {
	if conn.ended() {
		return fmt.Errorf("stage %s: the job's task has ended (%s), see above", stage, conn.Lost)
	}
	return fmt.Errorf("stage %s: the job's task still does not answer, see above", stage)
}

// lost is the error of a stage whose task has ended or does not answer, with the
// reason. That is told once: later stages have one line.
func (e *Executor) lost(conn *connection, stage gitlab.Stage, seen fate, symptom error) error {
	if conn.Lost == seen.reason {
		return lostBefore(stage, conn)
	}
	conn.Lost = seen.reason
	if err := e.rememberLoss(conn); err != nil {
		e.Log.Warn("Cannot record that the task was lost", "job", conn.Name, "error", err.Error())
	}
	why := seen.whyLost(conn.job())
	if !conn.ended() {
		return fmt.Errorf("stage %s: %w; the symptom was: %w", stage, why, symptom)
	}
	e.Log.Info("Lost the task", "job", conn.Name, "symptom", symptom.Error())
	return fmt.Errorf("stage %s: %w", stage, why)
}

func (e *Executor) rememberLoss(conn *connection) error {
	path, err := e.connectionPath()
	if err != nil {
		return err
	}
	return replaceConnection(path, conn)
}
