package gitlab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestExitCodes_Finish(t *testing.T) {
	script := &BuildFailure{Code: 7}
	tests := []struct {
		name        string
		err         error
		interrupted bool
		wantCode    int
		wantFile    string // content; no file if empty
	}{
		{"success", nil, false, 0, ""},
		{"script failed", script, false, 1, "7"},
		{"script failed, wrapped", fmt.Errorf("stage build_script: %w", script), false, 1, "7"},
		{"script failed with the highest code", &BuildFailure{Code: 255}, false, 1, "255"},
		{"a code that no process has is still a failure", &BuildFailure{Code: 256}, false, 1, "255"},
		{"a failure is never success", &BuildFailure{Code: 0}, false, 1, "255"},
		{"something else failed", errors.New("no capacity"), false, 2, ""},
		{"signal while the script succeeds", nil, true, 2, ""},
		{"signal while the script fails", script, true, 2, ""},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			codes := ExitCodes{BuildFailure: 1, SystemFailure: 2, File: filepath.Join(t.TempDir(), "code")}
			code, err := codes.Finish(tc.err, tc.interrupted)
			if err != nil || code != tc.wantCode {
				t.Errorf("code %d, error %v; want code %d", code, err, tc.wantCode)
			}
			content, _ := os.ReadFile(codes.File)
			if string(content) != tc.wantFile {
				t.Errorf("file holds %q, want %q", content, tc.wantFile)
			}
			entries, err := os.ReadDir(filepath.Dir(codes.File))
			if err != nil || (tc.wantFile == "") != (len(entries) == 0) || len(entries) > 1 {
				t.Errorf("folder holds %v, error %v", entries, err)
			}
		})
	}
}

func TestExitCodes_Finish_FileCannotBeWritten_KeepsTheCode(t *testing.T) {
	codes := ExitCodes{BuildFailure: 1, SystemFailure: 2, File: filepath.Join(t.TempDir(), "missing", "code")}
	code, err := codes.Finish(&BuildFailure{Code: 7}, false)
	if code != 1 {
		t.Errorf("code %d, want 1", code)
	}
	wantError(t, err, "exit code 7")
}

func TestExitCodes_Finish_OldRunner_WritesNothing(t *testing.T) {
	code, err := ExitCodes{BuildFailure: 1, SystemFailure: 2}.Finish(&BuildFailure{Code: 7}, false)
	if code != 1 || err != nil {
		t.Errorf("code %d, error %v; want 1", code, err)
	}
}

func TestExitCodes_RemoveStale(t *testing.T) {
	path := filepath.Join(t.TempDir(), "code")
	if err := os.WriteFile(path, []byte("7"), 0o600); err != nil {
		t.Fatal(err)
	}
	codes := ExitCodes{File: path}
	for range 2 { // the second time there is nothing left to remove
		if err := codes.RemoveStale(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the file is still there: %v", err)
		}
	}
	if err := (ExitCodes{}).RemoveStale(); err != nil {
		t.Errorf("without a file: %v", err)
	}
}

func TestExitCodes_RemoveStale_PathIsAFolder_SaysSo(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wantError(t, ExitCodes{File: dir}.RemoveStale(), "earlier stage")
}

func FuzzExitCodeFile(f *testing.F) {
	f.Add("code", 7)
	f.Add("sub/code", -1)
	f.Add("code with *", 1<<40)
	f.Fuzz(func(t *testing.T, path string, code int) {
		if strings.Contains(filepath.Clean("/"+path), "..") {
			return
		}
		dir := t.TempDir()
		codes := ExitCodes{BuildFailure: 1, SystemFailure: 2, File: filepath.Join(dir, filepath.Clean("/"+path))}
		got, err := codes.Finish(&BuildFailure{Code: code}, false)
		if got != 1 {
			t.Errorf("exit code %d, want 1", got)
		}
		if err != nil {
			return
		}
		content, err := os.ReadFile(codes.File)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := strconv.Atoi(string(content)); err != nil || n < 1 || n > 255 {
			t.Errorf("file holds %q", content)
		}
	})
}
