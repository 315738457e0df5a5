package standalone

import (
	"fmt"
	"strings"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/atomicfile"
	"github.com/fargate-operator/fargate-operator/internal/executor"
	"github.com/fargate-operator/fargate-operator/internal/leftover"
)

// connections lists the connection files that no job of the directory needs, and
// no job in Kubernetes as far as that is known.
func (s *Store) connections(records []*record, age time.Duration) ([]Leftover, error) {
	files, err := executor.ConnectionFiles(s.directory)
	if err != nil {
		return nil, err
	}
	over := map[string]bool{} // for the jobs of the directory
	for _, r := range records {
		over[r.name] = r.pastEnd(age) != ""
	}
	var leftovers []Leftover
	for _, file := range files {
		ended, known := over[file.Job.Name]
		if known && !ended || !known && s.now().Sub(file.Written) < s.leastAge(file, age) {
			continue
		}
		leftovers = append(leftovers, Leftover{
			File: file.Path,
			Why:  fmt.Sprintf("it was written %s and its job is over", file.Written.UTC().Format(time.RFC3339)),
		})
	}
	return leftovers, nil
}

// leastAge is how old a connection file must be to be removed if its job is not
// in the directory.
func (s *Store) leastAge(file executor.ConnectionFile, age time.Duration) time.Duration {
	if file.Job.Namespace != "" && s.inKubernetes != nil {
		exists, known := s.inKubernetes(file.Job)
		switch {
		case exists:
			return never
		case known:
			return leftover.MinAge
		}
	}
	switch {
	case age > 0:
		return max(age, leftover.MinAge)
	case file.Job.Name == "" || file.Job.Namespace != "":
		return longestLifetime
	default:
		return leftover.MinAge
	}
}

// drafts lists what interrupted writes have left, which may hold a key. A write
// takes far less than the least age.
func (s *Store) drafts(age time.Duration) ([]Leftover, error) {
	drafts, err := atomicfile.Drafts(s.directory, func(name string) bool {
		return executor.IsConnectionFile(name) || strings.HasSuffix(name, stateSuffix) || name == installationFile
	})
	if err != nil {
		return nil, err
	}
	var leftovers []Leftover
	for _, draft := range drafts {
		if s.now().Sub(draft.Written) >= max(age, leftover.MinAge) {
			leftovers = append(leftovers, Leftover{
				File: draft.Path,
				Why:  fmt.Sprintf("it is the draft of a write that was interrupted %s", draft.Written.UTC().Format(time.RFC3339)),
			})
		}
	}
	return leftovers, nil
}
