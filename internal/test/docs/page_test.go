package docs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fargate-operator/fargate-operator/internal/test/docs"
)

const page = `# The page: a ` + "`title`" + `

Text with a [link](other.md#there) and an ![image](picture.png).

<!-- setup:
export GREETING=hello
-->

` + "```sh" + `
echo "$GREETING"
` + "```" + `

1. A step:

   <!-- not run here: needs AWS -->
   ` + "```console" + `
   $ aws ecs list-clusters
   nothing
   ` + "```" + `

## Title

| column |
|---|
| row |

## Title
`

func TestParse_FindsWhatAReaderSeesAndWhatIsHidden(t *testing.T) {
	got := docs.Parse("page.md", []byte(page))
	want := &docs.Page{
		Name:   "page.md",
		Source: []byte(page),
		Blocks: []docs.Block{
			{Line: 5, Language: "sh", Text: "\nexport GREETING=hello\n"},
			{Line: 10, Language: "sh", Text: "echo \"$GREETING\"\n", Comment: "setup:\nexport GREETING=hello"},
			{Line: 17, Language: "console", Text: "$ aws ecs list-clusters\nnothing\n", Comment: "not run here: needs AWS"},
		},
		Links:   []string{"other.md#there", "picture.png"},
		Anchors: []string{"the-page-a-title", "title", "title-1"},
		Items:   1,
		Rows:    1,
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(docs.Block{})); diff != "" {
		t.Errorf("page differs (-want +got):\n%s", diff)
	}
}
