package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/spf13/pflag"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/client-go/rest"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

// issuer is the issuer claim of service account tokens.
const issuer = "https://kubernetes.default.svc"

// apiServer is a configured kube-apiserver whose port is already open, so that clients can be made before it runs.
type apiServer struct {
	options  options.CompletedOptions
	listener net.Listener
}

func newAPIServer(ctx context.Context, args []string) (*apiServer, error) {
	o := options.NewServerRunOptions()
	flags := pflag.NewFlagSet("kube-apiserver", pflag.ContinueOnError)
	for _, set := range o.Flags().FlagSets {
		flags.AddFlagSet(set)
	}
	if err := flags.Parse(args); err != nil {
		return nil, fmt.Errorf("configuring kube-apiserver: %w", err)
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for kube-apiserver: %w", err)
	}
	o.SecureServing.Listener = listener
	o.SecureServing.BindPort = int(netip.MustParseAddrPort(listener.Addr().String()).Port())
	completed, err := complete(ctx, o)
	if err != nil {
		listener.Close()
		return nil, fmt.Errorf("configuring kube-apiserver: %w", err)
	}
	return &apiServer{options: completed, listener: listener}, nil
}

func complete(ctx context.Context, o *options.ServerRunOptions) (options.CompletedOptions, error) {
	if err := o.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return options.CompletedOptions{}, err
	}
	rest.SetDefaultWarningHandler(rest.NoWarnings{})
	completed, err := o.Complete(ctx)
	if err != nil {
		return options.CompletedOptions{}, err
	}
	return completed, utilerrors.NewAggregate(completed.Validate())
}

// apiServerFlags are kube-apiserver's own flags. Admission, authorization and the watch cache are as in a real cluster;
// what is disabled only matters with many tenants, several API servers or nodes.
func apiServerFlags(etcdURL string, keys *pki) []string {
	return []string{
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1", // The default needs a network interface other than loopback.
		"--external-hostname=localhost",
		"--tls-cert-file=" + keys.server.certFile,
		"--tls-private-key-file=" + keys.server.keyFile,
		"--client-ca-file=" + keys.caFile,
		"--etcd-servers=" + etcdURL,
		"--etcd-cafile=" + keys.caFile,
		"--etcd-certfile=" + keys.etcd.certFile,
		"--etcd-keyfile=" + keys.etcd.keyFile,
		"--authorization-mode=RBAC",
		"--anonymous-auth=false",
		"--service-account-issuer=" + issuer,
		"--service-account-key-file=" + keys.serviceAccountKey,
		"--service-account-signing-key-file=" + keys.serviceAccountKey,
		"--service-cluster-ip-range=10.0.0.0/24",
		"--endpoint-reconciler-type=none",
		"--enable-priority-and-fairness=false",
		"--etcd-compaction-interval=0",
		"--profiling=false",
	}
}

// run serves until ctx ends, and closes the port.
func (s *apiServer) run(ctx context.Context) error {
	defer s.listener.Close()
	if err := app.Run(ctx, s.options); err != nil {
		return fmt.Errorf("running kube-apiserver: %w", err)
	}
	return nil
}

// adminConfig is the client configuration of the administrator.
func (s *apiServer) adminConfig(keys *pki) *rest.Config {
	return &rest.Config{
		Host: "https://" + s.listener.Addr().String(),
		QPS:  -1, // kube-apiserver's own limits suffice.
		TLSClientConfig: rest.TLSClientConfig{
			CAFile: keys.caFile, CertFile: keys.admin.certFile, KeyFile: keys.admin.keyFile,
		},
	}
}
