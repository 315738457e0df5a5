package oci

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Login is a user of a registry.
type Login struct{ Username, Password string }

// Image is an image whose layers are on this machine.
type Image struct {
	// Config is the image's own configuration.
	Config v1.Config
	// lower are the directories of the layers as overlayfs wants them: relative to
	// the layers' directory, the topmost first.
	lower []string
}

// Pull asks the image's registry for it, and for those of its layers that are not
// here yet. login is nil if there is none. Errors read as those that ECS reports
// after "CannotPullContainerError: ". Pulls of the same layer at the same time share
// the context of the first one.
func (r *Runtime) Pull(ctx context.Context, reference string, login *Login) (*Image, error) {
	ref, err := name.ParseReference(reference)
	if err != nil {
		return nil, fmt.Errorf("invalid reference format: %w", err)
	}
	image, err := remoteImage(ctx, ref, login)
	if err != nil {
		return nil, resolveError(reference, ref, err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, copyError(err)
	}
	if config.Architecture != "" && config.Architecture != runtime.GOARCH {
		return nil, errPlatform
	}
	layers, err := image.Layers()
	if err != nil {
		return nil, copyError(err)
	}
	pulled := &Image{Config: config.Config, lower: []string{emptyLayer}}
	for _, layer := range layers {
		dir, err := r.layer(ctx, layer)
		if err != nil {
			return nil, copyError(err)
		}
		pulled.lower = append([]string{dir}, pulled.lower...)
	}
	return pulled, nil
}

func remoteImage(ctx context.Context, ref name.Reference, login *Login) (v1.Image, error) {
	auth := authn.Anonymous
	if login != nil {
		auth = authn.FromConfig(authn.AuthConfig{Username: login.Username, Password: login.Password})
	}
	return remote.Image(ref, remote.WithContext(ctx), remote.WithAuth(auth),
		remote.WithPlatform(v1.Platform{OS: "linux", Architecture: runtime.GOARCH}),
		// A fault that a test has asked for must show.
		remote.WithRetryStatusCodes(), remote.WithRetryPredicate(func(error) bool { return false }))
}

// layer unpacks a layer unless that has been done, and returns its directory's
// name.
func (r *Runtime) layer(ctx context.Context, layer v1.Layer) (dir string, err error) {
	digest, err := layer.DiffID()
	if err != nil {
		return "", err
	}
	dir = digest.Hex[:layerNameLength]
	_, err, _ = r.pulling.Do(dir, func() (any, error) {
		path := filepath.Join(r.layers, dir)
		if _, err := os.Stat(path); err == nil {
			return nil, nil
		}
		content, err := layer.Uncompressed()
		if err != nil {
			return nil, err
		}
		defer content.Close()
		return nil, r.unpackTo(ctx, path, content)
	})
	return dir, err
}

// unpackTo unpacks a layer in such a way that the path has all of it or does not
// exist.
func (r *Runtime) unpackTo(ctx context.Context, path string, content io.Reader) error {
	partial, err := os.MkdirTemp(r.dir, "layer-")
	if err != nil {
		return fmt.Errorf("making a directory for a layer: %w", err)
	}
	if err := unpack(ctx, partial, content); err != nil {
		return errors.Join(err, os.RemoveAll(partial))
	}
	return os.Rename(partial, path)
}

// errPlatform is what ECS says about an image for another processor.
var errPlatform = errors.New("pull image manifest has been retried 1 time(s): " +
	"image Manifest does not contain descriptor matching platform 'linux/" + runtime.GOARCH + "'")

// resolveError words the failure to get a manifest as ECS does.
func resolveError(reference string, ref name.Reference, err error) error {
	const retried = "pull image manifest has been retried 1 time(s): failed to resolve ref"
	manifest := ref.Context().Scheme() + "://" + ref.Context().RegistryStr() + "/v2/" + ref.Context().RepositoryStr() +
		"/manifests/" + ref.Identifier()
	var refused *transport.Error
	var failed *url.Error
	switch {
	case errors.As(err, &refused) && refused.StatusCode == http.StatusNotFound:
		return fmt.Errorf("%s %s: %s: not found", retried, reference, reference)
	case errors.As(err, &refused):
		return fmt.Errorf("%s %s: unexpected status from HEAD request to %s: %s", retried, reference, manifest, status(refused))
	case errors.As(err, &failed):
		return fmt.Errorf("%s %s: failed to do request: Head %q: %w", retried, reference, manifest, failed.Err)
	}
	return fmt.Errorf("%s %s: %w", retried, reference, err)
}

// copyError words the failure to get a layer as ECS does.
func copyError(err error) error {
	const retried = "ref pull has been retried 1 time(s): failed to copy: httpReadSeeker: failed open:"
	var refused *transport.Error
	if errors.As(err, &refused) && refused.Request != nil {
		return fmt.Errorf("%s unexpected status code %s: %s", retried, refused.Request.URL.Redacted(), status(refused))
	}
	return fmt.Errorf("%s %w", retried, err)
}

func status(refused *transport.Error) string {
	return fmt.Sprintf("%d %s", refused.StatusCode, http.StatusText(refused.StatusCode))
}
