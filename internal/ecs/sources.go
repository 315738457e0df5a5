package ecs

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// sources are what ECS reads before a container starts: the ARNs or names of
// secrets, and the ARNs of files in S3. Source: "Amazon ECS task execution IAM
// role" in the ECS developer guide.
func sources(c *types.ContainerDefinition) (secrets, files []string) {
	named := c.Secrets
	if c.LogConfiguration != nil {
		named = slices.Concat(named, c.LogConfiguration.SecretOptions)
	}
	for _, secret := range named {
		secrets = append(secrets, aws.ToString(secret.ValueFrom))
	}
	if c.RepositoryCredentials != nil {
		secrets = append(secrets, aws.ToString(c.RepositoryCredentials.CredentialsParameter))
	}
	for _, file := range c.EnvironmentFiles {
		files = append(files, aws.ToString(file.Value))
	}
	if router := c.FirelensConfiguration; router != nil && router.Options["config-file-type"] == "s3" {
		files = append(files, router.Options["config-file-value"])
	}
	for _, spec := range c.CredentialSpecs {
		// Such as "credentialspecdomainless:arn:aws:s3:::bucket/key", or a file
		// of the host.
		switch _, arn, _ := strings.Cut(spec, ":"); {
		case strings.Contains(arn, ":s3:"):
			files = append(files, arn)
		case strings.HasPrefix(arn, "arn:"):
			secrets = append(secrets, arn)
		}
	}
	return secrets, files
}
