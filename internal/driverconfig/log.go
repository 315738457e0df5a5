package driverconfig

import (
	"fmt"
	"log/slog"
	"strings"
)

// levels are the levels of GitLab's driver, each with the nearest that our log
// has. Source: the Level constants of github.com/sirupsen/logrus.
var levels = map[string]slog.Level{
	"trace":   slog.LevelDebug,
	"debug":   slog.LevelDebug,
	"info":    slog.LevelInfo,
	"warn":    slog.LevelWarn,
	"warning": slog.LevelWarn,
	"error":   slog.LevelError,
	"fatal":   slog.LevelError,
	"panic":   slog.LevelError,
}

// ParseLogLevel reads a LogLevel. The error goes on after the key's name, or
// the flag's.
func ParseLogLevel(name string) (slog.Level, error) {
	level, known := levels[strings.ToLower(name)]
	if !known {
		return 0, fmt.Errorf("must be debug, info, warn or error, not %q", name)
	}
	return level, nil
}

// CheckLogLevel says what is wrong with a LogLevel.
func CheckLogLevel(name string) error {
	_, err := ParseLogLevel(name)
	return err
}

// CheckLogFormat says what is wrong with a LogFormat.
func CheckLogFormat(name string) error {
	if name != "text" && name != "json" {
		return fmt.Errorf("must be text or json, not %q", name)
	}
	return nil
}
