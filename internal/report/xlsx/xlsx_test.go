package xlsx_test

import (
	"bytes"
	"math"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"os"

	"github.com/xuri/excelize/v2"

	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/report/doc/doctest"
	"github.com/slactl/slactl/internal/report/xlsx"
	"github.com/slactl/slactl/internal/unit"
)

func open(t *testing.T, d *doc.Document) *excelize.File {
	t.Helper()
	var b bytes.Buffer
	if err := xlsx.Render(&b, d); err != nil {
		t.Fatal(err)
	}
	x, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}

func oneColumn(values ...doc.Cell) *doc.Document {
	t := doc.Table{ID: "t", Columns: []doc.Column{{Title: "V"}}}
	for _, v := range values {
		t.Rows = append(t.Rows, doc.Row{Cells: []doc.Cell{v}})
	}
	return &doc.Document{Title: "=cmd()", Sections: []doc.Section{{Title: "S", Blocks: []doc.Block{t}}}}
}

// TestTextStaysText writes what a spreadsheet could take for a formula.
func TestTextStaysText(t *testing.T) {
	evil := []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(\"http://x\")", "1e5", "007", "TRUE", "2026-10-01"}
	var cells []doc.Cell
	for _, s := range evil {
		cells = append(cells, doc.Cell{Value: doc.Text(s)})
	}
	x := open(t, oneColumn(cells...))
	for i, s := range evil {
		at := "A" + strconv.Itoa(4+i)
		got, _ := x.GetCellValue("S", at)
		if got != doc.Clean(s) {
			t.Errorf("%s holds %q, want %q", at, got, doc.Clean(s))
		}
		if f, _ := x.GetCellFormula("S", at); f != "" {
			t.Errorf("%s: %q became the formula %s", at, s, f)
		}
		if kind, _ := x.GetCellType("S", at); kind != excelize.CellTypeSharedString {
			t.Errorf("%s: %q has cell type %v, want a string", at, s, kind)
		}
	}
}

// TestNoCellShowsMoreThanIsPrinted: 99.9499 is printed as 99.94, and the
// workbook must not round it to 99.95.
func TestNoCellShowsMoreThanIsPrinted(t *testing.T) {
	for _, c := range []struct {
		value doc.Value
		shown string
		raw   string
	}{
		{doc.Ratio{Percent: unit.MustDecimal("99.9499"), Digits: 2, Worse: -1}, "99.94 %", "0.9994"},
		{doc.Ratio{Percent: unit.MustDecimal("99.9412"), Digits: 2, Worse: -1}, "99.94 %", "0.999412"},
		{doc.Number{N: unit.MustDecimal("250.01"), Unit: "ms", Digits: 1, Worse: +1}, "250.1 ms", "250.1"},
		{doc.Count{N: unit.MustDecimal("1234567")}, "1,234,567", "1234567"},
		{doc.Ratio{Percent: unit.MustDecimal("6.7"), Digits: 1, Signed: true}, "+6.7 %", "0.067"},
	} {
		x := open(t, oneColumn(doc.Cell{Value: c.value}))
		shown, _ := x.GetCellValue("S", "A4")
		shown = strings.ReplaceAll(shown, "% ", " %") // excelize shows the blank of the format behind the sign
		raw, _ := x.GetCellValue("S", "A4", excelize.Options{RawCellValue: true})
		if shown != c.shown || raw != c.raw {
			t.Errorf("%+v is shown as %q from %s, want %q from %s", c.value, shown, raw, c.shown, c.raw)
		}
		if printed := doc.Format(c.value); shown != printed {
			t.Errorf("the workbook shows %q where others print %q", shown, printed)
		}
	}
}

// totals finds the live sums of a workbook and returns stored results by cell.
func totals(t *testing.T, x *excelize.File) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	for _, sheet := range x.GetSheetList() {
		rows, _ := x.GetRows(sheet)
		for r, row := range rows {
			for c := range row {
				at, _ := excelize.CoordinatesToCellName(c+1, r+1)
				if f, _ := x.GetCellFormula(sheet, at); f != "" {
					stored, _ := x.GetCellValue(sheet, at, excelize.Options{RawCellValue: true})
					v, err := strconv.ParseFloat(stored, 64)
					if err != nil {
						t.Errorf("%s!%s = %s has the stored result %q", sheet, at, f, stored)
					}
					out[sheet+"!"+at] = v
				}
			}
		}
	}
	return out
}

// TestSumsAreLive computes every sum again, with excelize and with LibreOffice
// where it is installed, and compares with the stored result.
func TestSumsAreLive(t *testing.T) {
	x := open(t, doctest.Sample())
	stored := totals(t, x)
	if len(stored) != 3 {
		t.Fatalf("found %d live sums, want 3: %v", len(stored), stored)
	}
	for at, want := range stored {
		sheet, cell, _ := strings.Cut(at, "!")
		text, err := x.CalcCellValue(sheet, cell, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		got, _ := strconv.ParseFloat(text, 64)
		if math.Abs(got-want) > 1e-6 {
			t.Errorf("%s computes to %v, stored is %v", at, got, want)
		}
	}
}

func TestLibreOfficeAgrees(t *testing.T) {
	office, err := exec.LookPath("soffice")
	if err != nil || testing.Short() {
		t.Skip("soffice is not installed (apt install libreoffice-calc), or -short")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "sample.xlsx")
	var b bytes.Buffer
	if err := xlsx.Render(&b, doctest.Sample()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	// Every sheet as CSV, after recalculation, values in full.
	cmd := exec.Command(office, "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--convert-to",
		"csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1", "--outdir", dir, file)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	csv, err := os.ReadFile(filepath.Join(dir, "sample-Cost.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "Total,,14832.4179,100%,6131,13901.02,6.7%"; !strings.Contains(string(csv), want) {
		t.Errorf("LibreOffice shows\n%s\nwant a line %s", csv, want)
	}
}

func TestSheetNames(t *testing.T) {
	x := open(t, doctest.Torture())
	want := []string{"Contents", "A title that is far longer than", "A title that is far longer (2)", "Contents (2)", "d", "Chart data"}
	got := x.GetSheetList()
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// TestLinksLeadSomewhere follows every link of the contents sheet.
func TestLinksLeadSomewhere(t *testing.T) {
	x := open(t, doctest.Sample())
	cells, err := x.GetHyperLinkCells("Contents", "Location")
	if err != nil {
		t.Fatal(err)
	}
	if len(cells) < 10 {
		t.Errorf("found %d links, want at least 10", len(cells))
	}
	for _, at := range cells {
		_, target, _ := x.GetCellHyperLink("Contents", at)
		sheet, cell, _ := strings.Cut(target, "!")
		text, _ := x.GetCellValue("Contents", at)
		there, err := x.GetCellValue(strings.Trim(sheet, "'"), cell)
		if err != nil || there != text && text != "Chart data" { // whose title says what it holds
			t.Errorf("%s %q leads to %s, which says %q", at, text, target, there)
		}
	}
}

func BenchmarkFiftyOrganizations(b *testing.B) {
	d := doctest.Large(50)
	for b.Loop() {
		if err := xlsx.Render(&bytes.Buffer{}, d); err != nil {
			b.Fatal(err)
		}
	}
}
