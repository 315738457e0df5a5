package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const root = "../.."

func TestGenerate_CommittedFiles_AreUpToDate(t *testing.T) {
	files, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range files {
		got, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s differs from what make generate writes (-want +got):\n%s", file, diff)
		}
	}
}

func TestPermissions_EveryAction_IsInTheTableOfTheDocument(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, document))
	if err != nil {
		t.Fatal(err)
	}
	called, err := calls(filepath.Join(root, boundary))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range policy(controller, called).Statement {
		for _, action := range s.Action {
			inTable := func(line string) bool { return strings.HasPrefix(line, "| ") && strings.Contains(line, "`"+action+"`") }
			if !slices.ContainsFunc(strings.Split(string(text), "\n"), inTable) {
				t.Errorf("the table in %s does not say what happens without %s", document, action)
			}
		}
	}
}

func TestPermissions_StatementsAndActions_BelongTogether(t *testing.T) {
	called, err := calls(filepath.Join(root, boundary))
	if err != nil {
		t.Fatal(err)
	}
	for _, needed := range permissions {
		for _, p := range needed {
			if !slices.ContainsFunc(statements, func(s statement) bool { return s.Sid == p.sid }) {
				t.Errorf("there is no statement %s for %s", p.sid, p.action)
			}
		}
	}
	for _, s := range statements {
		if len(actions(s.Sid, called)) == 0 {
			t.Errorf("statement %s has no action", s.Sid)
		}
	}
}

func TestCheck_CallsAndTableDiffer_SaysWhatToDo(t *testing.T) {
	called, err := calls(filepath.Join(root, boundary))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		calls []string
		want  string
	}{
		"new call":  {append(slices.Clone(called), "ecs:ExecuteCommand"), "internal/ecs calls ecs:ExecuteCommand: add it to permissions"},
		"lost call": {slices.DeleteFunc(slices.Clone(called), func(c string) bool { return c == "ecs:StopTask" }), "no longer calls ecs:StopTask: remove it"},
	} {
		if err := check(test.calls); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

func TestCalls_MethodsOfTheSDKInInterfaces_AreFound(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "clients.go", `package p

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	container "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

type tasks interface {
	RunTask(context.Context, *ecs.RunTaskInput, ...func(*ecs.Options)) (*ecs.RunTaskOutput, error)
	StopTask(ctx context.Context, in *container.StopTaskInput, options ...func(*ecs.Options)) (*ecs.StopTaskOutput, error)
	Close(context.Context, *aws.Config)
	Convert(context.Context, *ecs.ListTasksInput)
	Name() string
}

func use(roles interface {
	AssumeRole(context.Context, *sts.AssumeRoleInput, ...func(*sts.Options)) (*sts.AssumeRoleOutput, error)
}) {
}
`)
	writeFile(t, dir, "clients_test.go", `package p

import "github.com/aws/aws-sdk-go-v2/service/ecs"

type setup interface{ CreateCluster(context.Context, *ecs.CreateClusterInput) }
`)
	within := filepath.Join(dir, "within")
	if err := os.Mkdir(within, 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, within, "clients.go", `package within

import "github.com/aws/aws-sdk-go-v2/service/ec2"

type networks interface {
	DescribeSubnets(context.Context, *ec2.DescribeSubnetsInput, ...func(*ec2.Options)) (*ec2.DescribeSubnetsOutput, error)
}
`)
	got, err := calls(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"ec2:DescribeSubnets", "ecs:RunTask", "ecs:StopTask", "sts:AssumeRole"}, got); diff != "" {
		t.Errorf("calls differ (-want +got):\n%s", diff)
	}
}

func TestEmbed_NoMarks_NamesThem(t *testing.T) {
	_, err := embed([]byte("# AWS permissions\n"), nil)
	if err == nil || !strings.Contains(err.Error(), "BEGIN generated policy") {
		t.Errorf("got %v, want an error that names the marks", err)
	}
}

func writeFile(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
