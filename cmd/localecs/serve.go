package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

func newServeCommand() *cobra.Command {
	var (
		config localecs.Config
		images []string
	)
	command := &cobra.Command{
		Use:   "serve",
		Short: "Answer ECS and EC2 calls until interrupted",
		Long: "Answers ECS and EC2 calls on a loopback address and prints the endpoint's URL, which fits AWS_ENDPOINT_URL.\n" +
			"Clusters, task definitions and tasks live in memory; all tasks end with the server.",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			var err error
			if config.Images, err = parseImages(images); err != nil {
				return err
			}
			return serve(command, config)
		},
	}
	flags := command.Flags()
	flags.StringVar(&config.Listen, "listen", "127.0.0.1:0", "loopback `address` to listen on; port 0 takes a free one")
	flags.StringVar(&config.Region, "region", "us-east-1", "`region` in ARNs")
	flags.StringVar(&config.Account, "account", "123456789012", "`account` in ARNs")
	flags.StringVar(&config.Dir, "dir", "", "`directory` for the containers' files and output (default a temporary one)")
	flags.StringArrayVar(&images, "image", nil,
		"`name=command` that stands for an image, its words separated by spaces; may be given more than once")
	flags.DurationVar(&config.Delays.Provisioning, "provisioning", time.Second, "time a task stays PROVISIONING")
	flags.DurationVar(&config.Delays.Pending, "pending", time.Second, "time a task stays PENDING at least")
	flags.DurationVar(&config.Delays.Deactivating, "deactivating", 0, "time a task stays DEACTIVATING")
	flags.DurationVar(&config.Delays.Stopping, "stopping", 0, "time a task stays STOPPING at least")
	flags.DurationVar(&config.Delays.Deprovisioning, "deprovisioning", time.Second, "time a task stays DEPROVISIONING")
	flags.DurationVar(&config.MissingFor, "missing", 0, "time for which a new task is not found yet")
	flags.DurationVar(&config.StoppedFor, "keep-stopped", time.Hour, "time for which a stopped task can be described")
	flags.BoolVar(&config.Throttle, "throttle", false, "refuse calls beyond the rates of a real account")
	return command
}

func serve(command *cobra.Command, config localecs.Config) error {
	server, err := localecs.Start(config)
	if err != nil {
		return err
	}
	fmt.Fprintln(command.OutOrStdout(), server.URL())
	<-command.Context().Done()
	return server.Close()
}

func parseImages(images []string) (map[string][]string, error) {
	commands := make(map[string][]string, len(images))
	for _, image := range images {
		name, command, found := strings.Cut(image, "=")
		words := strings.Fields(command)
		if !found || name == "" || len(words) == 0 {
			return nil, fmt.Errorf("--image %q: it must be name=command", image)
		}
		commands[name] = words
	}
	return commands, nil
}
