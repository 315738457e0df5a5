package driverconfig

import (
	"log/slog"
	"testing"
)

func TestParseLogLevel_NamesOfGitLabsDriver_AreTakenInAnyCase(t *testing.T) {
	for name, want := range map[string]slog.Level{
		"trace": slog.LevelDebug, "Debug": slog.LevelDebug,
		"INFO": slog.LevelInfo, "info": slog.LevelInfo,
		"warn": slog.LevelWarn, "Warning": slog.LevelWarn,
		"error": slog.LevelError, "fatal": slog.LevelError, "PANIC": slog.LevelError,
	} {
		if got, err := ParseLogLevel(name); err != nil || got != want {
			t.Errorf("%s is %s (%v), want %s", name, got, err, want)
		}
	}
	for _, name := range []string{"", "loud", "INFO+2", " info"} {
		if _, err := ParseLogLevel(name); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
}
