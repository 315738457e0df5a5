package oci

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Push uploads an image under a reference, such as registry.example.com/ci/fargate-operator:v0.1.0, with a suffix after
// the name. It logs in as the Docker configuration (~/.docker/config.json, credential helpers) says.
func Push(ctx context.Context, reference, suffix string, image v1.ImageIndex) error {
	tag, err := name.NewTag(reference, name.StrictValidation)
	if err != nil {
		return fmt.Errorf("pushing the image: %w: write it as REGISTRY/NAME:TAG", err)
	}
	ref := tag.Registry.Repo(tag.RepositoryStr() + suffix).Tag(tag.TagStr())
	if err := remote.WriteIndex(ref, image, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)); err != nil {
		return fmt.Errorf("pushing the image to %s: %w", ref, err)
	}
	return nil
}
