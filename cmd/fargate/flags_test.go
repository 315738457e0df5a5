package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/driverconfig"
)

func TestFlags_Apply_WinOverTheFile(t *testing.T) {
	all := flags{
		debug: false, logLevel: "warn", logFile: "flag.log", logFormat: "json",
		taskDefinition: "pinned:3", platformVersion: "1.4.0",
	}
	file := driverconfig.Config{LogLevel: "info", LogFormat: "text", LogFile: "file.log"}
	want := driverconfig.Config{
		LogLevel: "warn", LogFormat: "json", LogFile: "flag.log",
		Fargate: driverconfig.Fargate{TaskDefinition: "pinned:3", PlatformVersion: "1.4.0"},
	}
	got := file
	all.apply(&got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("configuration differs (-want +got):\n%s", diff)
	}
	got = file
	(&flags{debug: true}).apply(&got)
	want = file
	want.LogLevel = "debug"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("with --debug the configuration differs (-want +got):\n%s", diff)
	}
}

func TestFlags_Malformed_AreNamed(t *testing.T) {
	a := newAttempt(t)
	for name, test := range map[string]struct {
		flags flags
		want  []string
	}{
		"task definition":  {flags{taskDefinition: "ci build"}, []string{"--task-def must be a task definition as family", `not "ci build"`}},
		"platform version": {flags{platformVersion: "latest"}, []string{"--platform-version must be a Fargate platform version", `not "latest"`}},
		"log level":        {flags{logLevel: "loud"}, []string{`--log-level must be debug, info, warn or error, not "loud"`}},
		"log format":       {flags{logFormat: "xml"}, []string{`--log-format must be text or json, not "xml"`}},
		"two":              {flags{taskDefinition: "$X", platformVersion: "$Y"}, []string{"--task-def", "--platform-version"}},
	} {
		t.Run(name, func(t *testing.T) {
			test.flags.config = a.config
			_, err := (&launch{flags: test.flags}).loadConfig()
			if err == nil {
				t.Fatal("no error")
			}
			wantText(t, err.Error(), test.want...)
		})
	}
}

func TestFlags_WellFormed_AreTaken(t *testing.T) {
	a := newAttempt(t)
	set := flags{config: a.config, logLevel: "WARNING", logFormat: "json", taskDefinition: "ci-build:7", platformVersion: "LATEST"}
	if _, err := (&launch{flags: set}).loadConfig(); err != nil {
		t.Error(err)
	}
}

func TestFlags_PlatformVersion_IsForFargateAlone(t *testing.T) {
	set := flags{platformVersion: "1.4.0"}
	for name, test := range map[string]struct {
		config driverconfig.Config
		want   bool // whether it is refused
	}{
		"Fargate":    {driverconfig.Config{}, false},
		"EC2":        {driverconfig.Config{Fargate: driverconfig.Fargate{LaunchType: "EC2"}}, true},
		"Kubernetes": {driverconfig.Config{Kubernetes: &driverconfig.Kubernetes{}, Fargate: driverconfig.Fargate{LaunchType: "EC2"}}, false},
	} {
		if err := set.check(&test.config); (err != nil) != test.want {
			t.Errorf("%s: got %v, want an error: %t", name, err, test.want)
		} else if err != nil {
			wantText(t, err.Error(), "--platform-version is for Fargate alone: remove the flag")
		}
	}
}
