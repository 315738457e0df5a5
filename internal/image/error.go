package image

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/text"
)

// Reason says what stands in the way of an image, and so who can do something
// about it.
type Reason string

// The author of the job can fix the first four. Denied and NotAllowed take the
// author or an administrator. RegistryUnavailable says nothing about the image: it may
// be pulled without the look.
const (
	// InvalidName means that there can be no image of that name. No registry
	// was asked.
	InvalidName Reason = "InvalidImageName"
	// NotFound means that the registry has no such repository, tag or digest.
	NotFound Reason = "ImageNotFound"
	// WrongPlatform means that there is no image for the tasks' platform.
	WrongPlatform Reason = "WrongImagePlatform"
	// NotAnImage means that something else has that name, or an image in a
	// form that cannot be run.
	NotAnImage Reason = "NotAnImage"
	// NotAllowed means that the patterns of a class exclude the image.
	NotAllowed Reason = "ImageNotAllowed"
	// Denied means that the registry does not let the class' credentials read
	// the image, or that there are none.
	Denied Reason = "ImagePullDenied"
	// RegistryUnavailable means that the registry cannot be asked now.
	RegistryUnavailable Reason = "RegistryUnavailable"
)

// Error says why an image cannot be used, or cannot be looked at. Its text is
// for people: printable, of bounded length, and without credentials.
type Error struct {
	Reason Reason
	// Image is the name as it was written, printable and abridged.
	Image string
	// PulledAs is the name after the rewrite rules, if they changed it.
	PulledAs string
	// Problem is what is wrong, with the registry's own words if they are in the
	// form of a registry.
	Problem string
	// Fix is what to do about it, and who can.
	Fix string
	// Detail is for the administrator's log, and not in the text: what others said
	// in their own words, of bounded length and without credentials. An author of
	// jobs could read in it what is not theirs, such as addresses and ARNs.
	Detail string
	// Until is when the registry may be asked again, if it said so.
	Until time.Time
	// passing is true if another try may succeed at once.
	passing bool
}

// How much of names and of the words of others an error repeats, in characters.
const (
	maxShownName  = 150
	maxShownWords = 300
	maxDetail     = 1000
)

func (e *Error) Error() string {
	name := fmt.Sprintf("image %q", e.Image)
	if e.PulledAs != "" {
		name += fmt.Sprintf(" (pulled as %q by a rewrite rule)", e.PulledAs)
	}
	if e.Fix == "" {
		return name + ": " + e.Problem
	}
	return fmt.Sprintf("%s: %s (%s)", name, e.Problem, e.Fix)
}

// named returns the error of an image under the name that its author knows.
func (e *Error) named(written string, pulled Name) *Error {
	named := *e
	named.Image, named.PulledAs = shown(written), ""
	if pulled.rewritten {
		named.PulledAs = shown(pulled.String())
	}
	return &named
}

// isPassing reports whether another try may succeed at once.
func isPassing(err error) bool {
	var fault *Error
	return errors.As(err, &fault) && fault.passing
}

func shown(name string) string { return text.Abridge(text.OneLine(name), maxShownName) }

// quoted are the parts of an error that may be secret: URLs, which may be signed,
// and what others were sent or have answered.
var quoted = regexp.MustCompile(`"[^"]*"|[a-z]+://\S+`)

// detail is what an error says, without what it quotes. The rest of several lines
// may be an answer with a token.
func (l Login) detail(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return text.Abridge(text.OneLine(l.scrub(quoted.ReplaceAllString(line, "[…]"))), maxDetail)
}

func words(s string) string { return text.Abridge(text.OneLine(s), maxShownWords) }
