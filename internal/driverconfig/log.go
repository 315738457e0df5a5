package driverconfig

import (
	"fmt"
	"log/slog"
	"strings"
)

// levels maps the levels of GitLab's driver to the nearest level of our log.
// Source: the Level constants of github.com/sirupsen/logrus.
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

// ParseLogLevel reads a LogLevel. Its error completes a sentence that begins
// with the name of the key or flag.
func ParseLogLevel(name string) (slog.Level, error) {
	level, known := levels[strings.ToLower(name)]
	if !known {
		return 0, fmt.Errorf("must be debug, info, warn or error, not %q", name)
	}
	return level, nil
}

// CheckLogLevel returns an error like ParseLogLevel's if the name is not a
// LogLevel.
func CheckLogLevel(name string) error {
	_, err := ParseLogLevel(name)
	return err
}

// CheckLogFormat returns an error like ParseLogLevel's if the name is not a
// LogFormat.
func CheckLogFormat(name string) error {
	if name != "text" && name != "json" {
		return fmt.Errorf("must be text or json, not %q", name)
	}
	return nil
}
