package localecs

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Quotas of tags, from the API reference of Tag.
const (
	maxTags        = 50
	maxTagKey      = 128
	maxTagValue    = 256
	reservedPrefix = "aws:"
)

func (s *Server) tagResource(in *ecs.TagResourceInput) (*ecs.TagResourceOutput, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagsOf(in.ResourceArn, changing)
	if err != nil {
		return nil, err
	}
	merged := slices.Clone(*tags)
	for _, tag := range in.Tags {
		merged = append(withoutTag(merged, *tag.Key), tag)
	}
	if len(merged) > maxTags {
		return nil, tooManyTags()
	}
	*tags = merged
	return &ecs.TagResourceOutput{}, nil
}

func (s *Server) untagResource(in *ecs.UntagResourceInput) (*ecs.UntagResourceOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagsOf(in.ResourceArn, changing)
	if err != nil {
		return nil, err
	}
	for _, key := range in.TagKeys {
		*tags = withoutTag(*tags, key)
	}
	return &ecs.UntagResourceOutput{}, nil
}

func (s *Server) listTagsForResource(in *ecs.ListTagsForResourceInput) (*ecs.ListTagsForResourceOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagsOf(in.ResourceArn, reading)
	if err != nil {
		return nil, err
	}
	return &ecs.ListTagsForResourceOutput{Tags: notNil(slices.Clone(*tags))}, nil
}

// tagAccess is whether a resource's tags are read or changed.
type tagAccess bool

const (
	reading  tagAccess = false
	changing tagAccess = true
)

// tagsOf finds the tags of a cluster, task or task definition. The caller holds
// the mutex.
func (s *Server) tagsOf(arn *string, access tagAccess) (*[]types.Tag, error) {
	resource, ok := s.resource(aws.ToString(arn))
	kind, name, named := strings.Cut(resource, "/")
	if !ok || !named {
		return nil, invalidParameter("Invalid resource ARN: %q.", aws.ToString(arn))
	}
	switch kind {
	case "cluster":
		c, err := s.findCluster(&name)
		if err != nil {
			return nil, err
		}
		return &c.tags, nil
	case "task-definition":
		if r, ok := s.findDefinition(name); ok {
			return &r.tags, nil
		}
		return nil, clientException("The specified task definition does not exist.")
	case "task":
		return s.tagsOfTask(name, access)
	}
	return nil, invalidParameter("Tagging is not supported for %q.", *arn)
}

func (s *Server) tagsOfTask(name string, access tagAccess) (*[]types.Tag, error) {
	clusterName, id, _ := strings.Cut(name, "/")
	c, err := s.findCluster(&clusterName)
	if err != nil {
		return nil, err
	}
	t, ok := c.tasks[id]
	if !ok {
		return nil, &APIError{Code: "ResourceNotFoundException", Message: "The specified task was not found."}
	}
	if access == changing && t.status == statusStopped {
		return nil, invalidParameter("The specified task is stopped. Specify a running task and try again.")
	}
	return &t.tags, nil
}

// withoutTag returns a new list without the tag with that key.
func withoutTag(tags []types.Tag, key string) []types.Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(tag types.Tag) bool { return aws.ToString(tag.Key) == key })
}

func checkTags(tags []types.Tag) error {
	if len(tags) > maxTags {
		return tooManyTags()
	}
	seen := make(map[string]bool)
	for _, tag := range tags {
		key := aws.ToString(tag.Key)
		switch {
		case key == "" || len([]rune(key)) > maxTagKey:
			return invalidParameter("Tag keys must have between 1 and %d characters.", maxTagKey)
		case len([]rune(aws.ToString(tag.Value))) > maxTagValue:
			return invalidParameter("The value of tag %s can have at most %d characters.", key, maxTagValue)
		case strings.HasPrefix(strings.ToLower(key), reservedPrefix):
			return invalidParameter("aws: prefixed tag key names are not allowed for external use.")
		case strings.HasPrefix(strings.ToLower(aws.ToString(tag.Value)), reservedPrefix):
			return invalidParameter("aws: prefixed tag values are not allowed for external use.")
		case seen[key]:
			return invalidParameter("Duplicate tag keys found: %s.", key)
		}
		seen[key] = true
	}
	return nil
}

func tooManyTags() *APIError {
	return invalidParameter("A resource can have at most %d tags.", maxTags)
}
