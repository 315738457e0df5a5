// Command manager runs the controllers of Fargate Operator.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/fargate-operator/fargate-operator/internal/version"
)

func main() {
	options, err := parseOptions(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(0)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "manager:", err)
		os.Exit(2)
	}
	if options.version {
		fmt.Println(version.Describe("manager"))
		return
	}
	log := options.logger(os.Stderr)
	ctrl.SetLogger(log)
	log.Info("Starting", "version", version.Version, "commit", version.Commit)
	if err := run(ctrl.SetupSignalHandler(), options, log); err != nil {
		log.Error(err, "The manager ended")
		os.Exit(1)
	}
}
