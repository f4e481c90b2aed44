package evaluate

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/evidence"
	"github.com/slactl/slactl/internal/sla"
)

// Every case that was worked out by hand gives evidence from which the same
// results follow: of everyone, and of each organization for itself.
func TestEvidenceOfCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		arc, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var yaml, samples string
		for _, f := range arc.Files {
			name, asked, _ := strings.Cut(f.Name, " ")
			switch name {
			case "slactl.yaml":
				yaml = string(f.Data)
			case "metrics":
				samples = string(f.Data)
			case "ask":
				words := strings.Fields(asked)
				if words[0] == "status" || strings.Contains(yaml, "broken") {
					continue // no period, or nothing to give evidence of
				}
				now, err := time.Parse(time.RFC3339, strings.TrimPrefix(words[1], "now="))
				if err != nil {
					t.Fatal(err)
				}
				t.Run(filepath.Base(file)+" "+words[0], func(t *testing.T) { everyoneReproduces(t, yaml, samples, words[0], now) })
			}
		}
	}
}

func everyoneReproduces(t *testing.T, yaml, samples, asked string, now time.Time) {
	e := evaluatorOf(t, yaml, samples, now)
	defer e.Close()
	direct, err := e.In(t.Context(), parsePeriod(t, e, asked), Filter{})
	if err != nil {
		t.Fatal(err)
	}
	who := []string{""}
	for _, r := range direct.Reports[0].Results {
		who = appendNew(who, []string{r.Organization})
	}
	for _, org := range who {
		t.Run("org="+org, func(t *testing.T) {
			text := evidenceOf(t, yaml, samples, asked, org, now)
			v := verify(t, text)
			for _, f := range v.Findings {
				t.Errorf("%+v", f)
			}
			var got sla.Report
			if err := json.Unmarshal(entry(t, text, evidence.ResultsName), &got); err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, r := range direct.Reports[0].Results {
				if org == "" || r.Organization == org && len(r.Group) == 0 {
					want = append(want, figures(r))
				}
			}
			var have []string
			for _, r := range got.Results {
				have = append(have, figures(r))
			}
			if !slices.Equal(have, want) {
				t.Errorf("the archive has\n%s\nand not\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// figures writes a result without its notes.
func figures(r sla.Result) string {
	r.Notes = nil
	text, err := json.Marshal(r)
	return fmt.Sprint(string(text), err)
}

// evidenceOf makes an archive.
func evidenceOf(t testing.TB, yaml, samples, asked, org string, now time.Time) []byte {
	t.Helper()
	e := evaluatorOf(t, yaml, samples, now)
	defer e.Close()
	x, err := e.Evidence(t.Context(), EvidenceRequest{Period: parsePeriod(t, e, asked), Asked: asked, Organization: org, Samples: true, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := x.Write(&b, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func verify(t rapid.TB, text []byte) *Verification {
	t.Helper()
	a, err := evidence.Open(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	v, err := Verify(context.Background(), a, nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// entry reads a file of an archive with another reader than ours.
func entry(t testing.TB, text []byte, name string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
