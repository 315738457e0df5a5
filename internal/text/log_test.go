package text_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"unicode"

	"github.com/fargate-operator/fargate-operator/internal/text"
)

func TestLogWriter_TextFromOutside_IsEscapedAndReadsTheSame(t *testing.T) {
	const outside = "a\n\x1b[31m\u009b31m\u202e\u2028\U000e0061b ✓"
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(text.LogWriter(b), nil) },
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(text.LogWriter(b), nil) },
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			slog.New(handler(&log)).Info("done", "error", errors.New(outside))
			entry, end, _ := strings.Cut(log.String(), "\n")
			if end != "" {
				t.Errorf("more than one line: %q", log.String())
			}
			for _, r := range entry {
				if !unicode.IsPrint(r) {
					t.Errorf("%U in %q", r, entry)
				}
			}
			var read struct{ Error string }
			if name == "json" && (json.Unmarshal(log.Bytes(), &read) != nil || read.Error != outside) {
				t.Errorf("reads as %q", read.Error)
			}
		})
	}
}
