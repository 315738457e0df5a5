package docs_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/test/docs"
)

// fenced is a page with fenced blocks in it.
func fenced(page string) *docs.Page {
	return docs.Parse("page.md", []byte(strings.ReplaceAll(page, "'''", "```")))
}

func all(docs.Block) bool { return true }

func shell(t *testing.T) docs.Shell {
	t.Helper()
	return docs.Shell{Dir: t.TempDir(), Env: os.Environ()}
}

func TestRun_Blocks_ShareOneShell(t *testing.T) {
	page := fenced(`<!-- setup: word=hello -->

'''sh
mkdir sub
cd sub
'''

'''console
$ echo "$word" >file; ls
file
$ cat nothing
cat: nothing: No such file or directory
'''
`)
	got, err := page.Run(t.Context(), shell(t), all)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(page.Source), string(got)); diff != "" {
		t.Errorf("page differs (-want +got):\n%s", diff)
	}
}

func TestRun_TranscriptIsOld_ReturnsThePageWithTheNewOne(t *testing.T) {
	page := fenced(`
1. A step:

   '''console
   $ printf 'one\ntwo\n'
   old
   $ true
   '''

   and on.
`)
	got, err := page.Run(t.Context(), shell(t), all)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(string(page.Source), "old", "one\n   two", 1)
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("page differs (-want +got):\n%s", diff)
	}
}

func TestRun_ScriptFails_NamesPageAndLine(t *testing.T) {
	page := fenced(`
'''sh
true
'''

'''sh
echo to-be-seen
false
echo not-to-be-seen
'''
`)
	_, err := page.Run(t.Context(), shell(t), all)
	if err == nil {
		t.Fatal("no error for a script that fails")
	}
	if text := err.Error(); !strings.HasSuffix(text, "==> page.md:7\nto-be-seen\n") {
		t.Errorf("error %q does not end with the block and its output", text)
	}
}

func TestRun_BlocksThatWereNotChosen_DoNotRun(t *testing.T) {
	page := fenced(`
<!-- not run here: needs AWS -->
'''sh
exit 1
'''
`)
	if _, err := page.Run(t.Context(), shell(t), func(b docs.Block) bool { return b.Comment == "" }); err != nil {
		t.Error(err)
	}
}
