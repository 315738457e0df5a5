package image

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// maxDepth is how many indexes may be in one another. Tools that make images
// make one.
const maxDepth = 3

// resolve returns the manifest of the platform's image.
func (v *visit) resolve(ctx context.Context, desc *remote.Descriptor) (*remote.Descriptor, error) {
	for range maxDepth {
		kind := mediaType(desc)
		switch {
		case kind.IsSchema1():
			return nil, notAnImage("it is in the first format of images, schema 1, which nothing runs any more")
		case kind.IsIndex():
			child, err := v.childOf(desc)
			if err != nil {
				return nil, err
			}
			if desc, err = v.puller.Get(ctx, v.ref.Context().Digest(child.Digest.String())); err != nil {
				return nil, err
			}
		case kind.IsImage():
			return desc, nil
		case isJSON(desc.Manifest):
			return nil, notAnImage("it is of the type " + words(string(kind)))
		default:
			return nil, unavailable(fmt.Sprintf("its registry, or something on the way to it, answers with %s and not with a manifest", words(string(kind))))
		}
	}
	return nil, notAnImage("it is an index of indexes without end")
}

// mediaType is what kind of manifest it is: as its header says, or as it does
// itself, since some registries send any header.
func mediaType(desc *remote.Descriptor) types.MediaType {
	if kind := desc.MediaType; kind.IsImage() || kind.IsIndex() || kind.IsSchema1() {
		return kind
	}
	var manifest struct {
		MediaType types.MediaType
		Config    *struct{}
		Manifests *[]struct{}
	}
	switch err := json.Unmarshal(desc.Manifest, &manifest); {
	case err != nil:
		return desc.MediaType
	case manifest.MediaType != "":
		return manifest.MediaType
	case manifest.Manifests != nil:
		return types.OCIImageIndex
	case manifest.Config != nil:
		return types.OCIManifestSchema1
	default:
		return desc.MediaType
	}
}

func isJSON(manifest []byte) bool {
	return json.Valid(manifest) && bytes.HasPrefix(bytes.TrimSpace(manifest), []byte("{"))
}

// childOf chooses the image for the platform from an index: of several variants
// of an architecture the one that every processor runs, and an index or an image
// without a platform if nothing else is left.
func (v *visit) childOf(desc *remote.Descriptor) (*v1.Descriptor, error) {
	index, err := v1.ParseIndexManifest(bytes.NewReader(desc.Manifest))
	if err != nil {
		return nil, unreadable("index", err)
	}
	var fits, unknown []*v1.Descriptor
	var has []string
	for i := range index.Manifests {
		child := &index.Manifests[i]
		switch {
		case !child.MediaType.IsImage() && !child.MediaType.IsIndex():
		case child.Platform == nil:
			unknown = append(unknown, child)
		case v.wants(child.Platform):
			fits = append(fits, child)
		case child.Platform.OS != "unknown": // as the attestations of a build have it
			has = append(has, platformOf(child.Platform))
		}
	}
	slices.SortStableFunc(fits, func(a, b *v1.Descriptor) int { return rank(a.Platform.Variant) - rank(b.Platform.Variant) })
	if fits = append(fits, unknown...); len(fits) > 0 {
		return fits[0], nil
	}
	return nil, v.wrongPlatform(has)
}

// rank puts the variants first that all processors of Fargate run.
func rank(variant string) int {
	if variant == "" || variant == "v1" || variant == "v8" {
		return 0
	}
	return 1
}

// wants reports whether a platform is the one that was asked for.
func (v *visit) wants(p *v1.Platform) bool {
	return v.key.platform == Platform(p.OS+"/"+p.Architecture)
}

func (v *visit) wrongPlatform(has []string) *Error {
	slices.Sort(has)
	problem := fmt.Sprintf("the tasks run on %s, and the image is for ", v.key.platform)
	if has = slices.Compact(has); len(has) == 0 {
		problem += "no platform"
	} else {
		problem += words(strings.Join(has, ", "))
	}
	return &Error{
		Reason: WrongPlatform, Problem: problem,
		Fix: fmt.Sprintf("use an image for %s or build this one for it too, or use a runner whose tasks have the image's architecture", v.key.platform),
	}
}

// configTypes are what the configuration of an image is called; the last is what
// Docker 1.10 made of it.
var configTypes = []types.MediaType{types.DockerConfigJSON, types.OCIConfigJSON, "application/octet-stream"}

// isRunnable refuses what is kept in registries like an image and is something
// else, such as a chart of Helm or a signature.
func isRunnable(manifest *v1.Manifest) error {
	kind := manifest.Config.MediaType
	if manifest.ArtifactType != "" && !slices.Contains(configTypes, kind) {
		kind = types.MediaType(manifest.ArtifactType)
	}
	if !slices.Contains(configTypes, kind) {
		return notAnImage("it is of the type " + words(string(kind)))
	}
	if manifest.Config.Size > maxAnswer {
		return tooLarge()
	}
	return nil
}

func notAnImage(problem string) *Error {
	return &Error{Reason: NotAnImage, Problem: problem, Fix: "use the name of a container image, or build and push it again"}
}

// unreadable does not repeat what the parser says: it quotes what it has read.
func unreadable(what string, err error) *Error {
	fault := notAnImage("its " + what + " cannot be read")
	fault.Detail = Login{}.detail(err)
	return fault
}

func tooLarge() *Error {
	return notAnImage(fmt.Sprintf("its manifest or configuration is larger than %d MiB or has more than %d values", maxAnswer>>20, maxValues))
}
