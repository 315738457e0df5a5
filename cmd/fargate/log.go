package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/fargate-operator/fargate-operator/internal/driverconfig"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

// openLog opens the operator's log. Without a file it goes to the given output,
// but only at level debug: that is the job log, which has its own messages for
// everything that is logged, and which a run stage leaves to the script.
func openLog(config *driverconfig.Config, output io.Writer) (log *slog.Logger, closeLog func(), err error) {
	level, err := driverconfig.ParseLogLevel(config.LogLevel)
	if err != nil {
		return nil, nil, fmt.Errorf("LogLevel %w", err)
	}
	closeLog = func() {}
	switch {
	case config.LogFile != "":
		file, err := os.OpenFile(config.LogFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, nil, fmt.Errorf("cannot write the log file, correct LogFile in fargate.toml or --log-file: %w", err)
		}
		output, closeLog = file, func() { _ = file.Close() }
	case level > slog.LevelDebug:
		output = io.Discard
	}
	output = text.LogWriter(output)
	options := &slog.HandlerOptions{Level: level}
	if config.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(output, options)), closeLog, nil
	}
	return slog.New(slog.NewTextHandler(output, options)), closeLog, nil
}
