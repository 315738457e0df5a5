package main

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
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
		want, output []line
	}{
		"info without a file is silent":         {level: "info"},
		"error without a file is silent":        {level: "error"},
		"debug without a file is in the output": {level: "debug", output: []line{debug, info, warn, fault}},
		"trace is as debug":                     {level: "trace", output: []line{debug, info, warn, fault}},
		"debug in a file":                       {level: "debug", file: true, want: []line{debug, info, warn, fault}},
		"info in a file":                        {level: "info", file: true, want: []line{info, warn, fault}},
		"warning in a file":                     {level: "WARNING", file: true, want: []line{warn, fault}},
		"error in a file":                       {level: "error", file: true, want: []line{fault}},
	} {
		t.Run(name, func(t *testing.T) {
			var output strings.Builder
			config := &driverconfig.Config{LogLevel: test.level, LogFormat: "json"}
			path := filepath.Join(t.TempDir(), "fargate.log")
			if test.file {
				config.LogFile = path
			}
			log, closeLog, err := openLog(config, &output)
			if err != nil {
				t.Fatal(err)
			}
			log.Debug("watched")
			log.Info("launched")
			log.Warn("throttled")
			log.Error("failed")
			closeLog()
			if diff := cmp.Diff(test.output, linesOf(t, output.String())); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
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
		log, closeLog, err := openLog(&driverconfig.Config{LogLevel: "info", LogFormat: format, LogFile: path}, io.Discard)
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

// readLog reads a log in JSON. One that does not exist has no lines.
func readLog(t *testing.T, path string) []line {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return linesOf(t, string(text))
}

func linesOf(t *testing.T, text string) []line {
	t.Helper()
	var lines []line
	for decoder := json.NewDecoder(strings.NewReader(text)); decoder.More(); {
		var next line
		if err := decoder.Decode(&next); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, next)
	}
	return lines
}
