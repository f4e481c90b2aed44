package yamlpos_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/slactl/slactl/internal/yamlpos"
)

var update = flag.Bool("update", false, "rewrite the expected diagnostics in testdata")

// recipe is a small schema with every shape that Decode knows.
type recipe struct {
	Name    string            `yaml:"name"`
	Serves  int               `yaml:"serves"`
	Vegan   *bool             `yaml:"vegan"`
	Tags    []string          `yaml:"tags"`
	Steps   []step            `yaml:"steps,oneorlist"`
	Amounts map[string]int    `yaml:"amounts"`
	Notes   map[string]string `yaml:"notes"`
	Since   time.Time         `yaml:"since"` // an encoding.TextUnmarshaler
	source  `yaml:",inline"`
}

type step struct {
	Do  string `yaml:"do"`
	For int    `yaml:"for"`
}

type source struct {
	Book string `yaml:"book"`
	Page int64  `yaml:"page"`
}

// Each archive holds a file and the diagnostics that reading it gives, as they
// are printed.
func TestDiagnostics(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no test data", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			node, diags := yamlpos.Parse("recipe.yaml", "", ar.Files[0].Data)
			if node != nil {
				diags = append(diags, yamlpos.Decode(node, new(recipe))...)
			}
			var got strings.Builder
			if _, err := diags.WriteTo(&got); err != nil {
				t.Fatal(err)
			}
			if *update {
				ar.Files[1].Data = []byte(got.String())
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(ar.Files[1].Data), got.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecode(t *testing.T) {
	node, diags := yamlpos.Parse("recipe.yaml", "", []byte(`
defaults: &defaults {serves: 4, vegan: true}
name: soup
steps: {do: boil, for: 20}
tags: [hot, red]
amounts: {carrots: 3}
since: 2026-10-01T00:00:00Z
book: "Soups"
page: 17
`))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	node.Fields = node.Fields[1:] // without the defaults, which are no key of a recipe
	var got recipe
	if diags := yamlpos.Decode(node, &got); len(diags) > 0 {
		t.Fatal(diags)
	}
	want := recipe{Name: "soup", Steps: []step{{"boil", 20}}, Tags: []string{"hot", "red"}, Amounts: map[string]int{"carrots": 3},
		Since: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), source: source{"Soups", 17}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(recipe{}, source{})); diff != "" {
		t.Error(diff)
	}
}

// A key of the mapping itself wins over one that a merge key brings, wherever
// the two stand; among merged mappings the first wins.
func TestMergeKeys(t *testing.T) {
	node, diags := yamlpos.Parse("recipe.yaml", "", []byte(`
- &a {name: a, serves: 1}
- &b {name: b, serves: 2, page: 2}
- {<<: [*a, *b], name: own}
`))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	var got recipe
	if diags := yamlpos.Decode(node.Items[2], &got); len(diags) > 0 {
		t.Fatal(diags)
	}
	if got.Name != "own" || got.Serves != 1 || got.Page != 2 {
		t.Errorf("got name %q, serves %d, page %d; want own, 1, 2", got.Name, got.Serves, got.Page)
	}
	if pos := node.Items[2].Get("page").Position.String(); pos != "recipe.yaml:3:33" {
		t.Errorf("the merged page stands at %s, want where it is written", pos)
	}
}

func TestAliasesThatExplode(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		prev := "*a" + string(rune('a'+i-2))
		if i == 1 {
			prev = "*a0"
		}
		name := "a" + string(rune('a'+i-1))
		b.WriteString(name + ": &" + name + " [" + strings.Repeat(prev+", ", 9) + prev + "]\n")
	}
	node, diags := yamlpos.Parse("bomb.yaml", "", []byte(b.String()))
	if node != nil || !diags.HasErrors() {
		t.Errorf("10^12 values were accepted: %v", diags)
	}
}

func TestDiagnosticAt(t *testing.T) {
	tests := []struct{ name, yaml, want string }{
		{"plain", "name: fry the leek", "recipe.yaml:1:15: odd word"},
		{"quoted", `name: "fry the leek"`, "recipe.yaml:1:16: odd word"},
		{"after umlauts", `name: 'für the leek'`, "recipe.yaml:1:16: odd word"},
		{"literal block", "name: |\n  boil\n  fry the leek", "recipe.yaml:3:11: odd word"},
		{"literal block with an indentation of its own", "name: |\n  boil\n    fry the leek", "recipe.yaml:3:13: odd word"},
		{"escaped text has no columns of its own", `name: "fry\tthe leek"`, "recipe.yaml:1:7: odd word"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			node, diags := yamlpos.Parse("recipe.yaml", "", []byte(tt.yaml))
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			name := node.Get("name")
			got := name.DiagnosticAt(strings.Index(name.Text, "leek"), 4, yamlpos.Error, "", "", "odd word").Error()
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestNearest(t *testing.T) {
	keys := []string{"target", "p95_target_ms", "p99_target_ms", "indicator", "indicators", "measurement_window", "idle"}
	tests := []struct{ word, want string }{
		{"taget", "target"},
		{"tagret", "target"},
		{"Target", "target"},
		{"p95_target", "p95_target_ms"},
		{"measurment_window", "measurement_window"},
		{"indicater", "indicator"},
		{"ilde", "idle"},
		{"x", ""},
		{"colour", ""},
	}
	for _, tt := range tests {
		if got, _ := yamlpos.Nearest(tt.word, keys); got != tt.want {
			t.Errorf("Nearest(%q) = %q, want %q", tt.word, got, tt.want)
		}
	}
}

func TestEncodeViews(t *testing.T) {
	node, _ := yamlpos.Parse("x.yaml", "", []byte("password: '123'\nurl: https://host\npath: a/b\ncount: 3\n"))
	node.Get("password").Secret = true
	url := node.Get("url")
	url.Written, url.Text = "${URL}", "https://u:p@host"
	node.Get("path").Resolved = "/etc/a/b"
	node.Get("count").Comment = "default"
	tests := []struct {
		name string
		view yamlpos.View
		want string
	}{
		{"programs get everything", yamlpos.Values, "password: \"123\"\nurl: https://u:p@host\npath: /etc/a/b\ncount: 3\n"},
		{"people get no secrets", yamlpos.Public, "password: <secret>\nurl: ${URL}\npath: /etc/a/b\ncount: 3 # default\n"},
		{"a digest does not depend on the machine", yamlpos.Stable, "password: <secret>\nurl: ${URL}\npath: a/b\ncount: 3\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, string(yamlpos.Encode(node, tt.view))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Whatever the bytes, reading ends, and every finding points into the text.
func FuzzParse(f *testing.F) {
	f.Add([]byte("name: soup\ntags: [a, b]\n"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte("a:\n\tb: c\n"))
	f.Add([]byte("? [x]\n: y\n<<: 3\n--- \n!!x y"))
	f.Fuzz(func(t *testing.T, text []byte) {
		node, diags := yamlpos.Parse("fuzz.yaml", "", text)
		if node == nil && !diags.HasErrors() {
			t.Fatal("no tree and no reason")
		}
		if node != nil {
			diags = append(diags, yamlpos.Decode(node, new(recipe))...)
			yamlpos.Encode(node, yamlpos.Public)
		}
		lines := 1
		for _, lineBreak := range []string{"\n", "\r", "\u0085", "\u2028", "\u2029"} {
			lines += strings.Count(string(text), lineBreak)
		}
		for _, d := range diags {
			if d.Line > lines || d.Message == "" {
				t.Errorf("%+v is about no line of %q", d, text)
			}
		}
	})
}
