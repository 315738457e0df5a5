package gitlab

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// jobResponse is the part of GitLab's job response that identifies a job.
// Variables and credentials are not part of it: they are not decoded.
type jobResponse struct {
	ID      int64
	JobInfo struct {
		Name            string `json:"name"`
		PipelineID      int64  `json:"pipeline_id"`
		ProjectID       int64  `json:"project_id"`
		ProjectFullPath string `json:"project_full_path"`
	}
	GitInfo struct {
		Ref string `json:"ref"`
	}
	RunnerInfo struct {
		Timeout int64 `json:"timeout"` // seconds
	}
	// No job depends on these, so they may have any form.
	Image, Services json.RawMessage
}

// errNotObject says that a response is JSON, but not a job.
var errNotObject = errors.New("it is not a JSON object")

// parseJobResponse reads a job as a stream, so that large variables take no
// memory. It ignores unknown fields: every release of GitLab adds some.
func parseJobResponse(r io.Reader) (jobResponse, error) {
	var response jobResponse
	if err := decodeJob(r, map[string]any{
		"id":          &response.ID,
		"job_info":    &response.JobInfo,
		"git_info":    &response.GitInfo,
		"runner_info": &response.RunnerInfo,
		"image":       &response.Image,
		"services":    &response.Services,
	}); err != nil {
		return jobResponse{}, err
	}
	if response.ID <= 0 {
		return jobResponse{}, errors.New("the job has no id")
	}
	return response, nil
}

// DecodeJob reads the given fields of the job, as GitLab sent it, into their
// targets, which stay as they are where the job lacks the field. Its error never
// has a value of the job.
func (e Environment) DecodeJob(targets map[string]any) error {
	return e.readResponse(func(r io.Reader) error { return decodeJob(r, targets) })
}

func (e Environment) readResponse(read func(io.Reader) error) error {
	file, err := os.Open(e.JobResponseFile)
	if err != nil {
		return fmt.Errorf("opening the job response named by %s: %w", jobResponseVariable, err)
	}
	defer func() { _ = file.Close() }()
	if err := read(file); err != nil {
		return fmt.Errorf("reading the job response %s: %w", e.JobResponseFile, err)
	}
	return nil
}

func decodeJob(r io.Reader, targets map[string]any) error {
	decoder := json.NewDecoder(r)
	if err := decodeObject(decoder, targets); err != nil {
		return fmt.Errorf("the job is not what GitLab sends: %w", withoutContent(decoder, err))
	}
	return nil
}

// decodeObject reads one object to the end of the input: the given fields into
// their targets, and nothing of the others.
func decodeObject(decoder *json.Decoder, targets map[string]any) error {
	start, err := decoder.Token()
	if err != nil {
		return err
	}
	if start != json.Delim('{') {
		return errNotObject
	}
	for decoder.More() {
		if err := decodeField(decoder, targets); err != nil {
			return err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more follows the job")
	}
	return nil
}

func decodeField(decoder *json.Decoder, targets map[string]any) error {
	name, err := decoder.Token()
	if err != nil {
		return err
	}
	field, _ := name.(string)
	target, wanted := targets[field]
	if !wanted {
		return skipValue(decoder)
	}
	err = decoder.Decode(target)
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		if wrongType.Field != "" {
			field += "." + wrongType.Field
		}
		wrongType.Field = field
	}
	return err
}

// skipValue reads past a value, one token at a time.
func skipValue(decoder *json.Decoder) error {
	depth := 0
	for {
		token, err := decoder.Token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// withoutContent keeps a job's values, which include secrets, out of the error.
func withoutContent(decoder *json.Decoder, err error) error {
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrongType):
		return fmt.Errorf("field %s must be of type %s", wrongType.Field, wrongType.Type)
	case errors.Is(err, errNotObject):
		return err
	default:
		return fmt.Errorf("invalid JSON after byte %d", decoder.InputOffset())
	}
}

func (r jobResponse) job() Job {
	return Job{
		ID:          r.ID,
		Name:        r.JobInfo.Name,
		ProjectID:   r.JobInfo.ProjectID,
		ProjectPath: r.JobInfo.ProjectFullPath,
		PipelineID:  r.JobInfo.PipelineID,
		Ref:         r.GitInfo.Ref,
		Timeout:     seconds(r.RunnerInfo.Timeout),
		Unused:      Unused{Image: imageName(r.Image), Services: serviceNames(r.Services)},
	}
}
