package doctest_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/xuri/excelize/v2"

	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/report/doc/doctest"
	"github.com/slactl/slactl/internal/report/pdf"
	"github.com/slactl/slactl/internal/report/term"
	"github.com/slactl/slactl/internal/report/xlsx"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// renderers is the list of every renderer; a new one is one line more.
func renderers() map[string]func(io.Writer, *doc.Document) error {
	terminal := func(opt term.Options) func(io.Writer, *doc.Document) error {
		return func(w io.Writer, d *doc.Document) error { return term.Render(w, d, opt) }
	}
	paper := func(name string) func(io.Writer, *doc.Document) error {
		return func(w io.Writer, d *doc.Document) error {
			_, err := pdf.Render(w, d, pdf.Options{Paper: name})
			return err
		}
	}
	return map[string]func(io.Writer, *doc.Document) error{
		"term piped":     terminal(term.Options{}),
		"term 80":        terminal(term.Options{Width: 80}),
		"term 160 color": terminal(term.Options{Width: 160, Color: true}),
		"term 20 ascii":  terminal(term.Options{Width: 20, ASCII: true}),
		"xlsx":           xlsx.Render,
		"pdf A4":         paper("A4"),
		"pdf Letter":     paper("Letter"),
	}
}

// documents try every kind of block and value.
func documents() map[string]*doc.Document {
	return map[string]*doc.Document{"sample": doctest.Sample(), "torture": doctest.Torture(), "large": doctest.Large(20), "empty": {}}
}

// TestConformance renders every document in every medium, twice: no
// panic, no error, the same bytes, and an error of the writer comes back.
func TestConformance(t *testing.T) {
	for medium, render := range renderers() {
		for name, d := range documents() {
			t.Run(medium+"/"+name, func(t *testing.T) {
				var first bytes.Buffer
				if err := render(&first, d); err != nil {
					t.Fatal(err)
				}
				var again bytes.Buffer
				if err := render(&again, d); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(first.Bytes(), again.Bytes()) {
					t.Fatal("the same document gave other bytes")
				}
				if err := render(full{}, d); err == nil && first.Len() > 0 {
					t.Error("a full disk went unnoticed")
				}
			})
		}
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, fmt.Errorf("no space left on device") }

// TestGolden keeps the sample as the terminal and the workbook show it, side by
// side; that of the PDF is in its own package, as draw calls.
func TestGolden(t *testing.T) {
	d := doctest.Sample()
	got := &txtar.Archive{Comment: []byte("The report of Nordwind Analytics in every medium. Rewrite with go test -update.\n")}
	add := func(name, text string) {
		got.Files = append(got.Files, txtar.File{Name: name, Data: []byte(strings.TrimRight(text, "\n") + "\n")})
	}
	for _, m := range []struct {
		name string
		opt  term.Options
	}{{"term-80", term.Options{Width: 80}}, {"term-160", term.Options{Width: 160}}, {"term-120-ascii", term.Options{Width: 120, ASCII: true}}} {
		var b strings.Builder
		if err := term.Render(&b, d, m.opt); err != nil {
			t.Fatal(err)
		}
		add(m.name, b.String())
	}
	add("xlsx", dump(t, d))
	golden := filepath.Join("testdata", "sample.txtar")
	if *update {
		if err := os.WriteFile(golden, txtar.Format(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := txtar.ParseFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range got.Files {
		if i >= len(want.Files) || want.Files[i].Name != f.Name {
			t.Fatalf("the golden has no section %s; run with -update", f.Name)
		}
		if diff := cmp.Diff(strings.Split(string(want.Files[i].Data), "\n"), strings.Split(string(f.Data), "\n")); diff != "" {
			t.Errorf("%s changed (-want +got); run with -update when that is meant:\n%s", f.Name, diff)
		}
	}
}

// dump opens a workbook again and lists its cells: what is shown, and the stored
// value, formula and notes where they differ or exist.
func dump(t *testing.T, d *doc.Document) string {
	t.Helper()
	var file bytes.Buffer
	if err := xlsx.Render(&file, d); err != nil {
		t.Fatal(err)
	}
	x, err := excelize.OpenReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	var b strings.Builder
	for _, sheet := range x.GetSheetList() {
		fmt.Fprintf(&b, "[%s]\n", sheet)
		notes := map[string]string{}
		comments, err := x.GetComments(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range comments {
			for _, p := range c.Paragraph {
				notes[c.Cell] += p.Text
			}
		}
		shown, err := x.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for r, row := range shown {
			for c, text := range row {
				at, _ := excelize.CoordinatesToCellName(c+1, r+1)
				raw, _ := x.GetCellValue(sheet, at, excelize.Options{RawCellValue: true})
				formula, _ := x.GetCellFormula(sheet, at)
				if text == "" && raw == "" {
					continue
				}
				fmt.Fprintf(&b, "%s %s", at, text)
				if raw != text {
					fmt.Fprintf(&b, "  <- %s", raw)
				}
				if formula != "" {
					fmt.Fprintf(&b, "  = %s", formula)
				}
				if n := notes[at]; n != "" {
					fmt.Fprintf(&b, "  # %s", strings.ReplaceAll(n, "\n", " / "))
				}
				b.WriteByte('\n')
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
