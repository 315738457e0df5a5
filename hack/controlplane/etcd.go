package main

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	"go.etcd.io/etcd/server/v3/embed"
)

// startEtcd starts a single member that only holders of a certificate of keys can talk to, and waits until it serves.
// It returns the client URL. Writes are not synced to disk: the data outlives the process, but not a power failure.
func startEtcd(ctx context.Context, dir string, keys *pki) (*embed.Etcd, string, error) {
	cfg := embed.NewConfig()
	cfg.Dir = filepath.Join(dir, "etcd")
	cfg.LogLevel = "warn"
	cfg.UnsafeNoFsync = true
	cfg.EnableGRPCGateway = false
	// A single member elects itself: it need not wait the second that a network would need.
	cfg.TickMs, cfg.ElectionMs = 10, 100

	anyPort := url.URL{Scheme: "https", Host: "127.0.0.1:0"}
	cfg.ListenClientUrls = []url.URL{anyPort}
	cfg.AdvertiseClientUrls = cfg.ListenClientUrls
	cfg.ListenPeerUrls = nil // There are no peers to listen to.
	cfg.AdvertisePeerUrls = []url.URL{anyPort}
	cfg.InitialCluster = cfg.InitialClusterFromName(cfg.Name)
	cfg.ClientTLSInfo = transport.TLSInfo{
		CertFile: keys.server.certFile, KeyFile: keys.server.keyFile,
		TrustedCAFile: keys.caFile, ClientCertAuth: true,
	}
	server, err := embed.StartEtcd(cfg)
	if err != nil {
		return nil, "", fmt.Errorf("starting etcd: %w", err)
	}
	select {
	case <-server.Server.ReadyNotify():
		return server, "https://" + server.Clients[0].Addr().String(), nil
	case err = <-server.Err():
	case <-ctx.Done():
		err = ctx.Err()
	}
	server.Close()
	return nil, "", fmt.Errorf("starting etcd: %w", err)
}
