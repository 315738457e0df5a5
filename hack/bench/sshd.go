package main

import (
	"context"

	"github.com/fargate-operator/fargate-operator/internal/test/opensshd"
)

// startSSHD starts an OpenSSH server for the present user.
func (b *bench) startSSHD(ctx context.Context) (*opensshd.Server, error) {
	dir, err := b.newDir()
	if err != nil {
		return nil, err
	}
	server, err := opensshd.New(dir)
	if err != nil {
		return nil, err
	}
	if err := server.Start(); err != nil {
		return nil, err
	}
	if err := server.AwaitListening(ctx); err != nil {
		server.Stop()
		return nil, err
	}
	return server, nil
}
