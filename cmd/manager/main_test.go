package main

import (
	"os"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/test/controlplane/controlplanetest"
)

var env *controlplanetest.Env

func TestMain(m *testing.M) { os.Exit(controlplanetest.Main(m, &env)) }
