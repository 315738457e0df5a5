package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/driverconfig"
)

// line is what tells one line of a log from another.
type line struct{ Level, Msg string }

func TestOpenLog_LevelFormatAndFile_SayWhatIsLoggedAndWhere(t *testing.T) {
	var (
		debug = line{"DEBUG", "watched"}
		info  = line{"INFO", "launched"}
		warn  = line{"WARN", "throttled"}
		fault = line{"ERROR", "failed"}
	)
	for name, test := range map[string]struct {
		level        string
		file         bool
		want, stderr []line
	}{
		"info without a file is silent":     {level: "info"},
		"error without a file is silent":    {level: "error"},
		"debug without a file is on stderr": {level: "debug", stderr: []line{debug, info, warn, fault}},
		"trace is as debug":                 {level: "trace", stderr: []line{debug, info, warn, fault}},
		"debug in a file":                   {level: "debug", file: true, want: []line{debug, info, warn, fault}},
		"info in a file":                    {level: "info", file: true, want: []line{info, warn, fault}},
		"warning in a file":                 {level: "WARNING", file: true, want: []line{warn, fault}},
		"error in a file":                   {level: "error", file: true, want: []line{fault}},
	} {
		t.Run(name, func(t *testing.T) {
			stderr := captureStderr(t)
			config := &driverconfig.Config{LogLevel: test.level, LogFormat: "json"}
			path := filepath.Join(t.TempDir(), "fargate.log")
			if test.file {
				config.LogFile = path
			}
			log, closeLog, err := openLog(config, os.Stderr)
			if err != nil {
				t.Fatal(err)
			}
			log.Debug("watched")
			log.Info("launched")
			log.Warn("throttled")
			log.Error("failed")
			closeLog()
			if diff := cmp.Diff(test.stderr, readLog(t, stderr)); diff != "" {
				t.Errorf("stderr (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.want, readLog(t, path)); diff != "" {
				t.Errorf("file (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOpenLog_FileExists_IsAppendedToInTheFormat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fargate.log")
	for _, format := range []string{"text", "json"} {
		log, closeLog, err := openLog(&driverconfig.Config{LogLevel: "info", LogFormat: format, LogFile: path}, os.Stderr)
		if err != nil {
			t.Fatal(err)
		}
		log.Info("launched", "task", "abc")
		closeLog()
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, string(text), "level=INFO msg=launched task=abc\n{", `"level":"INFO","msg":"launched","task":"abc"}`)
}

// captureStderr replaces stderr with a file and returns its path.
func captureStderr(t *testing.T) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	terminal := os.Stderr
	os.Stderr = file
	t.Cleanup(func() {
		os.Stderr = terminal
		_ = file.Close()
	})
	return file.Name()
}

// readLog reads a log in JSON. One that does not exist has no lines.
func readLog(t *testing.T, path string) []line {
	t.Helper()
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var lines []line
	for decoder := json.NewDecoder(file); decoder.More(); {
		var next line
		if err := decoder.Decode(&next); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, next)
	}
	return lines
}
