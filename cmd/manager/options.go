package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/go-logr/logr"
	"github.com/go-logr/zapr"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/controller-runtime/pkg/client/config"

	"github.com/fargate-operator/fargate-operator/internal/text"
)

// serviceAccountNamespace is where a pod finds its namespace. Tests may run in
// a pod and look elsewhere.
var serviceAccountNamespace = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

type options struct {
	namespace       string
	watchNamespaces []string
	leaderElect     bool
	metricsAddress  string
	probeAddress    string
	webhookCertDir  string
	installationID  string
	adopted         []string
	assumableRoles  []string
	externalID      string
	logLevel        zapcore.Level
	logFormat       string
	version         bool // print the version and ignore everything else
}

// newFlags defines the flags. Two of them are validated before they become
// options.
func newFlags(o *options) (flags *flag.FlagSet, watch, level *string) {
	flags = flag.NewFlagSet("manager", flag.ContinueOnError)
	config.RegisterFlags(flags)
	flags.StringVar(&o.namespace, "namespace", "", "the namespace of this installation: it holds the leader's Lease, and its UID marks this installation's tasks (default: the pod's own)")
	watch = flags.String("watch-namespaces", "", "comma-separated namespaces to serve (default: all)")
	flags.BoolVar(&o.leaderElect, "leader-elect", true, "act only while holding the Lease, so that several replicas can run")
	flags.StringVar(&o.metricsAddress, "metrics-bind-address", ":8080", "where to serve /metrics; 0 for nowhere")
	flags.StringVar(&o.probeAddress, "health-probe-bind-address", ":8081", "where to serve /healthz and /readyz; 0 for nowhere")
	flags.StringVar(&o.webhookCertDir, "webhook-cert-dir", "", "directory with tls.crt and tls.key: serve the admission check of FargateTaskClasses at port 9443 (default: do not serve it)")
	flags.StringVar(&o.installationID, "installation-id", "", "what marks this installation's tasks: set it to keep them over a restore or a move to another cluster (default: the namespace's UID)")
	flags.Func("adopt-installations", "comma-separated ids of former installations whose tasks without a FargateJob are stopped too", listInto(&o.adopted))
	flags.Func("allowed-assume-roles", "comma-separated ARNs, with * and ?, of the roles that FargateTaskClasses may name in assumeRoleARN (default: none)", listInto(&o.assumableRoles))
	flags.StringVar(&o.externalID, "external-id", "", "the external id that the trust policies of these roles ask for")
	level = flags.String("log-level", "info", "debug, info, warn or error")
	flags.StringVar(&o.logFormat, "log-format", "json", "json or console")
	flags.BoolVar(&o.version, "version", false, "print the version and exit")
	return flags, watch, level
}

// parseOptions reads the command line. Errors name the flag and the fix.
func parseOptions(args []string) (*options, error) {
	o := &options{}
	flags, watch, level := newFlags(o)
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if o.version {
		return o, nil
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q: manager takes flags only", flags.Arg(0))
	}
	if err := o.checkInstallations(); err != nil {
		return nil, err
	}
	var err error
	if o.watchNamespaces, err = parseNamespaces(*watch); err != nil {
		return nil, err
	}
	if err := o.logLevel.Set(*level); err != nil {
		return nil, fmt.Errorf("--log-level %q: use debug, info, warn or error", *level)
	}
	if o.logFormat != "json" && o.logFormat != "console" {
		return nil, fmt.Errorf("--log-format %q: use json or console", o.logFormat)
	}
	if o.namespace == "" {
		own, err := os.ReadFile(serviceAccountNamespace)
		if err != nil {
			return nil, errors.New("--namespace is needed outside of a pod")
		}
		o.namespace = strings.TrimSpace(string(own))
	}
	return o, nil
}

// parseNamespaces reads a list of namespaces. An empty name in it would mean
// all namespaces, and one with a space would not exist.
func parseNamespaces(list string) ([]string, error) {
	if list == "" {
		return nil, nil
	}
	var namespaces []string
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		if problems := validation.IsDNS1123Label(name); len(problems) > 0 {
			return nil, fmt.Errorf("--watch-namespaces %q: %q is not a valid namespace name: use names such as team-a,team-b", list, name)
		}
		namespaces = append(namespaces, name)
	}
	return namespaces, nil
}

// logger writes structured logs: one JSON object a line, or lines for people.
func (o *options) logger(w io.Writer) logr.Logger {
	layout := zap.NewProductionEncoderConfig()
	layout.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	encoder := zapcore.NewJSONEncoder(layout)
	if o.logFormat == "console" {
		encoder = zapcore.NewConsoleEncoder(layout)
	}
	return zapr.NewLogger(zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(text.LogWriter(w))), o.logLevel)))
}
