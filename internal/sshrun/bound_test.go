package sshrun

import (
	"context"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/test/bound"
)

// runScript is Client.Run, held to bound.Limit.
func runScript(ctx context.Context, t *testing.T, c *Client, s Script) (err error) {
	t.Helper()
	bound.End(t, "the end of Run", func() { err = c.Run(ctx, s) })
	return err
}

// dialServer is dial, held to bound.Limit.
func dialServer(ctx context.Context, t *testing.T, target Target, limits timing) (client *Client, err error) {
	t.Helper()
	bound.End(t, "the end of Dial", func() { client, err = dial(ctx, target, limits) })
	return client, err
}

// limited is the context of a test that ends before the test may hang.
func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), bound.Limit)
	t.Cleanup(cancel)
	return ctx
}
