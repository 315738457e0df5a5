package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"
)

// run starts the parts one after the other and writes the kubeconfig when all are usable. It returns nil when ctx has
// ended and all parts have stopped: etcd last, for the others still write to it while they stop.
func run(ctx context.Context, opts settings) error {
	if err := os.Remove(opts.kubeconfig); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the kubeconfig of an earlier run: %w", err)
	}
	keys, err := createPKI(filepath.Join(opts.dir, "pki"))
	if err != nil {
		return fmt.Errorf("creating keys and certificates: %w", err)
	}
	etcd, etcdURL, err := startEtcd(ctx, opts.dir, keys)
	if err != nil {
		return err
	}
	defer etcd.Close()
	audit, err := auditFlags(opts.dir, opts.auditLog)
	if err != nil {
		return err
	}
	server, err := newAPIServer(ctx, append(apiServerFlags(etcdURL, keys), audit...))
	if err != nil {
		return err
	}
	config := server.adminConfig(keys)
	controllers, err := newManager(config, keys)
	if err != nil {
		return err
	}

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return server.run(ctx) })
	group.Go(func() error {
		if err := waitServing(ctx, controllers.client); err != nil {
			return unlessStopped(ctx, err)
		}
		group.Go(func() error { return unlessStopped(ctx, controllers.run(ctx)) })
		if err := waitUsable(ctx, controllers.client); err != nil {
			return unlessStopped(ctx, err)
		}
		return writeKubeconfig(opts.kubeconfig, config)
	})
	return group.Wait()
}

// unlessStopped drops an error that only says that the process was told to stop.
func unlessStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
