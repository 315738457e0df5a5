// Package image looks at container images in their registries before they are
// pulled: a wrong tag, a denied pull or another architecture is known in a
// second, and not after a minute of a pending task. It tells an image's digest,
// user, entry point and ports, and it reads no layer.
//
// The names come from the authors of jobs, who are not trusted: a registry is
// asked over HTTPS only, never at an address of this machine, and at a private
// one only if the registry itself has one.
package image
