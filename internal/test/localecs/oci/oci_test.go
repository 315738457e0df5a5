package oci_test

import (
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/oci"
)

func TestCheck(t *testing.T) {
	if err := oci.Check(); err != nil {
		t.Fatal(err)
	}
}
