package ecs

import (
	"strings"
	"testing"
)

func TestClients_URLInTheEnvironmentHasAPassword_KeepTheMessagesFreeOfIt(t *testing.T) {
	for name, environ := range map[string]map[string]string{
		"an endpoint that is not valid": {
			"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key", "AWS_ENDPOINT_URL": "http://user:s3cret@%zz",
		},
		"credentials from a URL that is not valid": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://user:s3cret@%zz"},
		"credentials from nowhere":                 {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://user:s3cret@127.0.0.1:9"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			t.Setenv("AWS_MAX_ATTEMPTS", "1")
			for variable, value := range environ {
				t.Setenv(variable, value)
			}
			err := (&Clients{}).Stop(t.Context(), testLocation, "arn", "x")
			if err == nil || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got %v", err)
			}
		})
	}
}
