package yamlpos_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/yamlpos"
)

func edit(line, column, length int, text string) yamlpos.Edit {
	return yamlpos.Edit{Position: yamlpos.Position{File: "x.yaml", Line: line, Column: column}, Length: length, Text: text}
}

func TestApply(t *testing.T) {
	tests := []struct {
		name, text string
		edits      []yamlpos.Edit
		want       string
		left       int
	}{
		{"nothing", "a: b\n", nil, "a: b\n", 0},
		{"in any order", "a: b # c\nd: e\n", []yamlpos.Edit{edit(2, 4, 1, "five"), edit(1, 1, 1, "one")}, "one: b # c\nd: five\n", 0},
		{"columns are characters", "für: täglich", []yamlpos.Edit{edit(1, 6, 7, "daily")}, "für: daily", 0},
		{"after a byte order mark", "\xef\xbb\xbfa: b", []yamlpos.Edit{edit(1, 1, 1, "x")}, "\xef\xbb\xbfx: b", 0},
		{"lines end as they do", "a: b\r\nc: d\r\n", []yamlpos.Edit{edit(2, 4, 1, "e")}, "a: b\r\nc: e\r\n", 0},
		{"a whole line", "a: b\n# gone\nc: d\n", []yamlpos.Edit{edit(2, 1, 7, "")}, "a: b\nc: d\n", 0},
		{"inserted", "a: b\n", []yamlpos.Edit{edit(1, 1, 0, "v: 1\n")}, "v: 1\na: b\n", 0},
		{"equal ones count once", "a: b\n", []yamlpos.Edit{edit(1, 4, 1, "c"), edit(1, 4, 1, "c")}, "a: c\n", 0},
		{"of those that overlap the first", "a: bcd\n", []yamlpos.Edit{edit(1, 5, 2, "y"), edit(1, 4, 2, "x")}, "a: xd\n", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, left, err := yamlpos.Apply([]byte(tt.text), tt.edits)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" || len(left) != tt.left {
				t.Errorf("%s; %d edits are left", diff, len(left))
			}
		})
	}
	for _, e := range []yamlpos.Edit{edit(3, 1, 0, "x"), edit(1, 9, 1, "x"), edit(1, 4, 99, "x"), edit(0, 1, 0, "x")} {
		if _, _, err := yamlpos.Apply([]byte("a: b\n"), []yamlpos.Edit{e}); err == nil {
			t.Errorf("%+v was made", e)
		}
	}
}

// Whatever stands around it, the replacement of a value changes it and nothing
// else: the rest of the file is the same, byte for byte.
func TestReplacement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringMatching(`[a-zäß][a-z ]{0,6}[a-z]`).Draw(t, "value")
		quote := rapid.SampledFrom([]string{"", "'", `"`}).Draw(t, "quote")
		before := rapid.SampledFrom([]string{"", "# c\n", "ü: 'x'\n\n", "list: [a, 'b']\r\n"}).Draw(t, "before")
		after := rapid.SampledFrom([]string{"", "\n", "   # why\nlast: 1", "\r\nz: |\n  text\n"}).Draw(t, "after")
		text := before + "key:  " + quote + value + quote + after
		node, diags := yamlpos.Parse("x.yaml", "", []byte(text))
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		e := node.Get("key").Replacement("new")
		if e.IsZero() {
			t.Fatalf("no edit for %q", text)
		}
		got, _, err := yamlpos.Apply([]byte(text), []yamlpos.Edit{e})
		if err != nil {
			t.Fatal(err)
		}
		if want := before + "key:  " + quote + "new" + quote + after; string(got) != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

// What does not stand in the file as it is cannot be replaced.
func TestNoReplacement(t *testing.T) {
	for _, text := range []string{`key: "a\tb"`, "key: |\n  a\n", "key: >-\n  a\n  b\n", "key: 'it''s'", "key: a\n  b"} {
		node, diags := yamlpos.Parse("x.yaml", "", []byte(text))
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		if e := node.Get("key").Replacement("new"); !e.IsZero() {
			t.Errorf("%q is to be edited: %+v", text, e)
		}
	}
}

func TestComments(t *testing.T) {
	text := `# alone
a: b # beside
c: "# no" # yes
d: 'it''s # no' # yes too
e: x#no
f: |  # of a block
  # no, text
    # no, text

g: "two
  # no # no
  lines" # after
h: [a, 'b # no', "c"] # list
  # alone, indented
i: don't # an apostrophe opens nothing
j:
  - >-
    # no
  - k # item
l: &anchor '# no' # anchored
m: "\" # no" # escaped
`
	src := yamlpos.NewSource("x.yaml", "", []byte(text))
	var got []string
	for _, c := range src.Comments() {
		line := c.Text
		if c.Alone {
			line += " (alone)"
		}
		got = append(got, line)
		if at := strings.Split(text, "\n")[c.Line-1][c.Column-1:]; !strings.HasPrefix(at, c.Text) {
			t.Errorf("%q does not stand at %s", c.Text, c.Position)
		}
	}
	want := []string{"# alone (alone)", "# beside", "# yes", "# yes too", "# of a block", "# after", "# list", "# alone, indented (alone)",
		"# an apostrophe opens nothing", "# item", "# anchored", "# escaped"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
