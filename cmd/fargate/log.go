package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/fargate-operator/fargate-operator/internal/driverconfig"
)

// logSettings say where the operator's log goes.
type logSettings struct {
	level, format, file string
}

// logSettings merges the command line into the configuration.
func (f *flags) logSettings(config *driverconfig.Config) logSettings {
	settings := logSettings{level: config.LogLevel, format: config.LogFormat, file: config.LogFile}
	override(&settings.level, f.logLevel)
	override(&settings.format, f.logFormat)
	override(&settings.file, f.logFile)
	if f.debug {
		settings.level = "debug"
	}
	return settings
}

func override(setting *string, flag string) {
	if flag != "" {
		*setting = flag
	}
}

// openLog opens the operator's log. Without a file it goes to stderr, at level
// debug only: stderr is the job log, which has its own words for everything
// that is logged, and which a run stage leaves to the script.
func openLog(s logSettings) (log *slog.Logger, closeLog func(), err error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.level)); err != nil {
		return nil, nil, fmt.Errorf("--log-level must be debug, info, warn or error: %w", err)
	}
	if s.format != "text" && s.format != "json" {
		return nil, nil, fmt.Errorf("--log-format must be text or json, not %q", s.format)
	}
	var output io.Writer = os.Stderr
	closeLog = func() {}
	switch {
	case s.file != "":
		file, err := os.OpenFile(s.file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, nil, fmt.Errorf("cannot write the log file, correct LogFile in fargate.toml or --log-file: %w", err)
		}
		output, closeLog = file, func() { _ = file.Close() }
	case level > slog.LevelDebug:
		output = io.Discard
	}
	options := &slog.HandlerOptions{Level: level}
	if s.format == "json" {
		return slog.New(slog.NewJSONHandler(output, options)), closeLog, nil
	}
	return slog.New(slog.NewTextHandler(output, options)), closeLog, nil
}
