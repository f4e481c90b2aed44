package pdf

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/report/doc/doctest"
)

var update = flag.Bool("update", false, "rewrite the goldens")

func lay(t *testing.T, d *doc.Document, paper string) []*page {
	t.Helper()
	faces, err := newTypeface()
	if err != nil {
		t.Fatal(err)
	}
	size, err := paperOf(paper)
	if err != nil {
		t.Fatal(err)
	}
	pages, _ := layOut(d, size, faces)
	return pages
}

// TestDrawCalls keeps every draw call of the sample, page by page.
func TestDrawCalls(t *testing.T) {
	var b strings.Builder
	for i, p := range lay(t, doctest.Sample(), "A4") {
		fmt.Fprintf(&b, "page %d\n", i+1)
		for _, o := range p.ops {
			fmt.Fprintf(&b, "  %s\n", o)
		}
	}
	golden := filepath.Join("testdata", "sample.ops")
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")); diff != "" {
		t.Errorf("draw calls changed (-want +got); run with -update when that is meant:\n%s", diff)
	}
}

func labels(p *page) []label {
	var out []label
	for _, o := range p.ops {
		if l, ok := o.(label); ok {
			out = append(out, l)
		}
	}
	return out
}

// TestNothingLeavesThePage checks every label of every document on both papers:
// within the margins, and in a table no text runs into the next.
func TestNothingLeavesThePage(t *testing.T) {
	faces, err := newTypeface()
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]*doc.Document{"sample": doctest.Sample(), "large": doctest.Large(50), "torture": doctest.Torture()} {
		for _, paper := range []string{"A4", "Letter"} {
			size, _ := paperOf(paper)
			for i, p := range lay(t, d, paper) {
				ls := labels(p)
				for k, l := range ls {
					right := l.x + faces.face(l.bold).width(l.text, l.size)
					if l.x < marginX-0.1 || right > size.width-marginX+0.6 || l.y < 20 || l.y > size.height-20 {
						t.Errorf("%s %s page %d: %s ends at %.1f, outside the margins", name, paper, i+1, l, right)
					}
					for _, m := range ls[k+1:] {
						if m.y == l.y && m.x >= l.x && m.x < right-0.5 {
							t.Errorf("%s %s page %d: %s runs into %s", name, paper, i+1, l, m)
						}
					}
				}
			}
		}
	}
}

// TestTablesBreak checks that a table of 500 rows repeats its title and heads on
// every page, loses no row, and does not leave its last row alone with the total.
func TestTablesBreak(t *testing.T) {
	pages := lay(t, doctest.Torture(), "A4")
	rows, continuedPages := 0, 0
	for _, p := range pages {
		onPage, head, title := 0, false, false
		for _, l := range labels(p) {
			switch {
			case strings.HasPrefix(l.text, "row "):
				onPage++
				if !head || !title {
					t.Fatalf("%s stands on its page before its head", l)
				}
			case l.text == "Count" && l.bold:
				head = true
			case strings.HasPrefix(l.text, "Five hundred rows"):
				title = true
				if strings.HasSuffix(l.text, continued) {
					continuedPages++
				}
			case l.text == "124,750" && onPage < 2:
				t.Errorf("the total stands below %d rows, want at least 2", onPage)
			}
		}
		rows += onPage
	}
	if rows != 500 {
		t.Errorf("drew %d rows, want 500", rows)
	}
	if continuedPages < 8 {
		t.Errorf("the table goes on over %d pages, want at least 8", continuedPages)
	}
}

// TestHeadsStayWithTheirText looks for section and table heads with nothing
// below them, with the page filled to every height.
func TestHeadsStayWithTheirText(t *testing.T) {
	for lines := range 70 {
		d := &doc.Document{Title: "Title"}
		filler := doc.Section{Title: "First"}
		for range lines {
			filler.Blocks = append(filler.Blocks, doc.Paragraph{Text: "line"})
		}
		sample := doctest.Sample()
		d.Sections = []doc.Section{filler, sample.Sections[2], sample.Sections[3]}
		for i, p := range lay(t, d, "A4") {
			lowest, head := 0.0, label{}
			for _, l := range labels(p) {
				if l.y < 800 && l.y > lowest {
					lowest, head = l.y, l
				}
			}
			if head.bold && head.size >= headSize-0.5 {
				t.Errorf("after %d lines: page %d ends with the head %q", lines, i+1, head.text)
			}
		}
	}
}

// TestPageNumbers checks that the contents name the page on which each section
// begins.
func TestPageNumbers(t *testing.T) {
	d := doctest.Large(50)
	pages := lay(t, d, "A4")
	begins := map[string]int{}
	for i, p := range pages {
		for _, o := range p.ops {
			if m, ok := o.(mark); ok && m.level == 0 {
				begins[m.text] = i + 1
			}
		}
	}
	first := labels(pages[0])
	for _, s := range d.Sections {
		for k, l := range first {
			if l.text == s.Title && l.size < sectionSize {
				if got, want := first[k+1].text, fmt.Sprint(begins[s.Title]); got != want {
					t.Errorf("contents: %s on page %s, want %s", s.Title, got, want)
				}
			}
		}
	}
	if got, want := labels(pages[1])[len(labels(pages[1]))-1].text, fmt.Sprintf("Page 2 of %d", len(pages)); got != want {
		t.Errorf("foot is %q, want %q", got, want)
	}
}

func TestSameBytes(t *testing.T) {
	var first bytes.Buffer
	if _, err := Render(&first, doctest.Sample(), Options{}); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		var again bytes.Buffer
		if _, err := Render(&again, doctest.Sample(), Options{}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first.Bytes(), again.Bytes()) {
			t.Fatal("the same document gave other bytes")
		}
	}
}

func TestMissingGlyphsAreNoted(t *testing.T) {
	d := &doc.Document{Title: "Tōkyō 東京", Sections: []doc.Section{{Title: "A", Blocks: []doc.Block{doc.Paragraph{Text: "Žluťoučký kůň ≥ 99 % αβγ Якорь 京"}}}}}
	notes, err := Render(io.Discard, d, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"the font Roboto lacks 2 characters of this document, drawn as U+FFFD: '京', '東'"}
	if diff := cmp.Diff(want, notes); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownPaper(t *testing.T) {
	_, err := Render(io.Discard, doctest.Sample(), Options{Paper: "A5"})
	if want := `writing a PDF: "A5" is no paper size; write A4 or Letter`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestTextCanBeCopied reads the PDF with another program.
func TestTextCanBeCopied(t *testing.T) {
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed (apt install poppler-utils)")
	}
	file := filepath.Join(t.TempDir(), "sample.pdf")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Render(out, doctest.Sample(), Options{}); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command(tool, "-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Nordwind Analytics: Monthly service report", "Žluťoučký kůň, s. r. o.", "≥ 99.95 %", "14,832.42 EUR", "no charge in the period before", "Page 3 of 3"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("pdftotext does not find %q", want)
		}
	}
}

func BenchmarkFiftyOrganizations(b *testing.B) {
	d := doctest.Large(50)
	for b.Loop() {
		if _, err := Render(io.Discard, d, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
