package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/fargate-operator/fargate-operator/internal/version"
)

// visit is one try to look at an image: it asks who the caller is, then for the
// manifest, and for the configuration.
type visit struct {
	target
	ref    name.Reference
	login  Login
	puller *remote.Puller
}

// try asks the registry once. Errors are *Error.
func (r *Registries) try(ctx context.Context, t target, last *answer) (*answer, error) {
	login, err := t.login(ctx)
	if err != nil {
		return nil, withoutLogin(err)
	}
	host, err := r.hosts.enter(ctx, t.key, r.now)
	if err != nil {
		return nil, err
	}
	defer r.hosts.leave(host)
	v, err := newVisit(t, login, &guard{routes: r.routes, host: host, now: r.now})
	if err != nil {
		return nil, v.fault(ctx, err)
	}
	found, err := v.look(ctx, last)
	if err != nil {
		return nil, v.fault(ctx, err)
	}
	return found, nil
}

func newVisit(t target, login Login, through *guard) (*visit, error) {
	v := &visit{target: t, login: login}
	ref, err := name.ParseReference(t.pulled.String())
	if err != nil {
		return v, err
	}
	v.ref, through.registry = ref, ref.Context().RegistryStr()
	v.puller, err = remote.NewPuller(
		remote.WithTransport(through),
		remote.WithAuth(login.authenticator()),
		remote.WithUserAgent(version.UserAgent("fargate-operator")),
		// Whether another try helps is decided for the look as a whole.
		remote.WithRetryBackoff(remote.Backoff{Steps: 1}),
	)
	return v, err
}

func withoutLogin(err error) error {
	var fault *Error
	if errors.As(err, &fault) {
		return fault
	}
	fault = unavailable("the credentials for its registry cannot be read")
	fault.Fix = "an administrator finds the cause in the controller's log"
	fault.Detail = Login{}.detail(err)
	return fault
}

// look returns the answer, which is the last one if the name still stands for
// the same.
func (v *visit) look(ctx context.Context, last *answer) (*answer, error) {
	if last != nil && last.details != nil {
		now, err := v.puller.Head(ctx, v.ref)
		switch {
		case err == nil && now.Digest.String() == last.top:
			return &answer{details: last.details, top: last.top}, nil
		case err != nil && v.hasNoAnswer(ctx, err):
			return nil, err
		}
		// An answer to HEAD has no explanation, and from some registries no
		// digest: GET has both.
	}
	top, err := v.puller.Get(ctx, v.ref)
	if err != nil {
		return nil, err
	}
	manifest, err := v.resolve(ctx, top)
	if err != nil {
		return nil, err
	}
	details, err := v.details(manifest)
	if err != nil {
		return nil, err
	}
	return &answer{details: details, top: top.Digest.String()}, nil
}

// details reads the image's configuration.
func (v *visit) details(desc *remote.Descriptor) (*Details, error) {
	img, err := desc.Image()
	if err != nil {
		return nil, err
	}
	manifest, err := img.Manifest()
	if err != nil {
		return nil, unreadable("manifest", err)
	}
	if err := isRunnable(manifest); err != nil {
		return nil, err
	}
	raw, err := img.RawConfigFile()
	if err != nil {
		return nil, err
	}
	config, err := v1.ParseConfigFile(bytes.NewReader(raw))
	if err != nil {
		return nil, unreadable("configuration", err)
	}
	if has := config.Platform(); has == nil || !v.wants(has) {
		return nil, v.wrongPlatform([]string{platformOf(has)})
	}
	details := newDetails(manifest, &config.Config)
	if details.size() > maxDetails {
		return nil, notAnImage(fmt.Sprintf("its entry point, command, ports and names of variables take more than the %d KiB that are kept of an image", maxDetails>>10))
	}
	details.Digest = desc.Digest.String()
	details.Pinned = v.pulled.repository() + "@" + details.Digest
	details.Platform = v.key.platform
	return details, nil
}

func platformOf(p *v1.Platform) string {
	if p == nil || p.OS == "" {
		return "no platform"
	}
	return words(p.String())
}
