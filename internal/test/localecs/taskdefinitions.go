package localecs

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// revision is one registered task definition. The definition is replaced as a
// whole, never changed: tasks and answers refer to it.
type revision struct {
	definition *types.TaskDefinition
	tags       []types.Tag
}

func (r *revision) active() bool {
	return r.definition.Status == types.TaskDefinitionStatusActive
}

func (s *Server) registerTaskDefinition(
	in *ecs.RegisterTaskDefinitionInput,
) (*ecs.RegisterTaskDefinitionOutput, error) {
	definition, err := newDefinition(in)
	if err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	family := *definition.Family
	if err := s.beginRevision(family); err != nil {
		return nil, err
	}
	select { // without the mutex, so that other calls see it going on
	case <-time.After(s.config.Registering):
	case <-s.closing:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.registering, family)
	definition.Revision = int32(len(s.families[family]) + 1) //nolint:gosec // what fits into memory fits
	definition.TaskDefinitionArn = aws.String(s.definitionARN(family, definition.Revision))
	definition.RegisteredAt = aws.Time(s.now())
	registered := &revision{definition: definition, tags: in.Tags}
	s.families[family] = append(s.families[family], registered)
	return &ecs.RegisterTaskDefinitionOutput{TaskDefinition: definition, Tags: slices.Clone(in.Tags)}, nil
}

// beginRevision refuses a revision of a family that is getting one.
func (s *Server) beginRevision(family string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.registering[family] {
		return clientException("Too many concurrent attempts to create a new revision of the specified family.")
	}
	s.registering[family] = true
	return nil
}

func (s *Server) describeTaskDefinition(
	in *ecs.DescribeTaskDefinitionInput,
) (*ecs.DescribeTaskDefinitionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.findDefinition(aws.ToString(in.TaskDefinition))
	if !ok {
		return nil, clientException("Unable to describe task definition.")
	}
	out := &ecs.DescribeTaskDefinitionOutput{TaskDefinition: found.definition}
	if slices.Contains(in.Include, types.TaskDefinitionFieldTags) {
		out.Tags = notNil(slices.Clone(found.tags))
	}
	return out, nil
}

func (s *Server) deregisterTaskDefinition(
	in *ecs.DeregisterTaskDefinitionInput,
) (*ecs.DeregisterTaskDefinitionOutput, error) {
	reference := aws.ToString(in.TaskDefinition)
	if !strings.Contains(reference[strings.LastIndexByte(reference, '/')+1:], ":") {
		return nil, clientException("Revision is missing.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.findDefinition(reference)
	if !ok {
		return nil, clientException("The specified task definition does not exist.")
	}
	inactive := *found.definition
	inactive.Status = types.TaskDefinitionStatusInactive
	inactive.DeregisteredAt = aws.Time(s.now())
	found.definition = &inactive
	return &ecs.DeregisterTaskDefinitionOutput{TaskDefinition: &inactive}, nil
}

func (s *Server) listTaskDefinitions(in *ecs.ListTaskDefinitionsInput) (*ecs.ListTaskDefinitionsOutput, error) {
	status := in.Status
	setDefault(&status, types.TaskDefinitionStatusActive)
	s.mu.Lock()
	defer s.mu.Unlock()
	var arns []string
	for _, family := range slices.Sorted(maps.Keys(s.families)) {
		if prefix := aws.ToString(in.FamilyPrefix); prefix != "" && family != prefix {
			continue
		}
		for _, r := range s.families[family] {
			if r.definition.Status == status {
				arns = append(arns, *r.definition.TaskDefinitionArn)
			}
		}
	}
	if in.Sort == types.SortOrderDesc {
		slices.Reverse(arns)
	}
	arns, next, err := page(arns, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &ecs.ListTaskDefinitionsOutput{TaskDefinitionArns: notNil(arns), NextToken: next}, nil
}

// findDefinition resolves a family (its latest ACTIVE revision), family:revision
// or ARN. The caller holds the mutex.
func (s *Server) findDefinition(reference string) (*revision, bool) {
	if strings.HasPrefix(reference, "arn:") {
		name, ok := strings.CutPrefix(reference, s.arn("task-definition/"))
		if !ok {
			return nil, false
		}
		reference = name
	}
	family, number, ok := splitRevision(reference)
	if !ok {
		return nil, false
	}
	revisions := s.families[family]
	if number > 0 {
		if number > len(revisions) {
			return nil, false
		}
		return revisions[number-1], true
	}
	for _, r := range slices.Backward(revisions) {
		if r.active() {
			return r, true
		}
	}
	return nil, false
}

// splitRevision splits family:revision; a family alone has revision 0. It reports
// false if what follows the colon is not a revision.
func splitRevision(reference string) (family string, number int, ok bool) {
	family, digits, found := strings.Cut(reference, ":")
	if !found {
		return family, 0, true
	}
	number, err := strconv.Atoi(digits)
	return family, number, err == nil && number > 0
}

func (s *Server) definitionARN(family string, revision int32) string {
	return s.arn("task-definition/" + family + ":" + strconv.Itoa(int(revision)))
}
