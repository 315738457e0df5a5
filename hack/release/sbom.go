package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/uuid"

	"github.com/fargate-operator/fargate-operator/hack/compile"
	"github.com/fargate-operator/fargate-operator/internal/test/gobuild"
)

// The tool that lists the modules of a binary, their checksums and licenses.
const (
	sbomTool    = "cyclonedx-gomod"
	sbomModule  = "github.com/CycloneDX/cyclonedx-gomod"
	sbomPackage = sbomModule + "/cmd/" + sbomTool
)

// makeSBOMs writes a CycloneDX document next to each binary.
func (r *release) makeSBOMs(ctx context.Context) error {
	tool, err := gobuild.Build(ctx, gobuild.Program{Name: sbomTool, Module: "tools", Package: sbomPackage})
	if err != nil {
		return err
	}
	version, err := gobuild.ModuleVersion(ctx, filepath.Join(r.source.Dir, "hack", "tools"), sbomModule)
	if err != nil {
		return err
	}
	// Licenses are read in the module cache. The compiler leaves there only what it needs itself.
	if _, err := output(ctx, nil, "go", "-C", r.source.Dir, "mod", "download"); err != nil {
		return err
	}
	for _, architecture := range r.architectures {
		for _, program := range compile.Programs() {
			if err := r.makeSBOM(ctx, tool, version, compile.File(program, architecture)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *release) makeSBOM(ctx context.Context, tool, toolVersion, binary string) error {
	// What a proxy knows about this project's own module changes over time. All others are in the cache, checked
	// against go.sum.
	offline := []string{"GOPROXY=off", "GOSUMDB=off"}
	document, err := output(ctx, offline, tool, "bin", "-json", "-std", "-licenses", "-noserial", "-notimestamp",
		"-version", r.source.Version, r.file(binary))
	if err != nil {
		return err
	}
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewBufferString(document), cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		return fmt.Errorf("reading the SBOM of %s: %w", binary, err)
	}
	if err := r.identify(&bom, toolVersion, binary); err != nil {
		return err
	}
	file, err := os.Create(r.file(binary + ".cdx.json"))
	if err != nil {
		return err
	}
	defer file.Close()
	if err := cdx.NewBOMEncoder(file, cdx.BOMFileFormatJSON).SetPretty(true).Encode(&bom); err != nil {
		return fmt.Errorf("writing the SBOM of %s: %w", binary, err)
	}
	return file.Close()
}

// identify sets the document's identity, so that the same release always has the same document: the tool would use a
// random serial number, the time of day, and the checksum of its own binary.
func (r *release) identify(bom *cdx.BOM, toolVersion, binary string) error {
	content, err := os.ReadFile(r.file(binary))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	bom.SerialNumber = uuid.NewSHA1(uuid.NameSpaceOID, sum[:]).URN()
	bom.Metadata.Timestamp = r.source.Time.Format(time.RFC3339)
	bom.Metadata.Tools = &cdx.ToolsChoice{Components: &[]cdx.Component{
		{Type: cdx.ComponentTypeApplication, Name: sbomTool, Version: toolVersion},
	}}
	bom.Metadata.Component.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: fmt.Sprintf("%x", sum)}}
	return nil
}
