package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/sshserver"
)

func newSSHDCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "sshd",
		Short: "Serve SSH as a container of the local ECS until interrupted",
		Long: "Serves SSH as a container of the local ECS. It reads its environment:\n" +
			"  " + sshserver.AddressesVariable + "  the addresses to listen on, separated by commas\n" +
			"  " + sshserver.PortVariable + "           the port, 22 if empty\n" +
			"  " + sshserver.PublicKeyVariable + "     the only key that may log in, under any user name\n" +
			"  " + sshserver.StartDelayVariable + "    a time to wait before listening, such as 2s",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			config, err := sshserver.FromEnvironment(os.Getenv)
			if err != nil {
				return err
			}
			server, err := sshserver.Listen(command.Context(), config)
			if errors.Is(err, context.Canceled) {
				return nil
			}
			if err != nil {
				return err
			}
			return server.Serve(command.Context())
		},
	}
}
