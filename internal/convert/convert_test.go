package convert_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/convert"
)

// TestCases converts the files of the archives in testdata. `want.yaml` is what
// becomes of them, and `notes` what does not. What is written must be a
// configuration that loads.
func TestCases(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var files []convert.File
			want := map[string]int{}
			for i, f := range ar.Files {
				if f.Name == "want.yaml" || f.Name == "notes" {
					want[f.Name] = i
					continue
				}
				files = append(files, convert.File{Name: f.Name, Text: f.Data})
			}
			r, err := convert.Files("", files)
			if err != nil {
				t.Fatal(err)
			}
			var notes strings.Builder
			for _, n := range r.Notes {
				fmt.Fprintf(&notes, "%s:%d:%d: %s\n", n.File, n.Line, n.Column, n.Message)
			}
			got := map[string]string{"want.yaml": string(r.YAML()), "notes": notes.String()}
			if os.Getenv("UPDATE") != "" {
				for name, i := range want {
					ar.Files[i].Data = []byte(got[name])
				}
				if err := os.WriteFile(path, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			for name, i := range want {
				if diff := cmp.Diff(string(ar.Files[i].Data), got[name]); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
			if _, diags := config.Parse("want.yaml", r.YAML(), func(string) (string, bool) { return "", false }); diags.HasErrors() {
				t.Errorf("what was written does not load:\n%v", diags)
			}
		})
	}
}

func TestUnknown(t *testing.T) {
	for text, want := range map[string]string{
		"kind: Deployment\n":                 "not told which tool",
		"a: [\n":                             "a.yaml:",
		"---\n# nothing\n":                   "",
		"version: prometheus/v1\nslos: {}\n": "",
	} {
		_, err := convert.Files("", []convert.File{{Name: "a.yaml", Text: []byte(text)}})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
	if _, err := convert.Files("nobl9", []convert.File{{Name: "a.yaml", Text: []byte("a: 1\n")}}); err == nil || !strings.Contains(err.Error(), `no tool "nobl9"`) {
		t.Errorf("an unknown tool: %v", err)
	}
}

// FuzzFiles looks for a document that panics.
func FuzzFiles(f *testing.F) {
	archives, _ := filepath.Glob("testdata/*.txtar")
	for _, path := range archives {
		if ar, err := txtar.ParseFile(path); err == nil {
			for _, file := range ar.Files {
				f.Add(file.Data)
			}
		}
	}
	f.Fuzz(func(_ *testing.T, text []byte) {
		if r, err := convert.Files("", []convert.File{{Name: "a.yaml", Text: text}}); err == nil {
			r.YAML()
		}
	})
}
