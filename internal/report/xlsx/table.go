package xlsx

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/unit"
)

// table writes a table with filters, and its total below as live sums.
func (s *sheet) table(t doc.Table) {
	b := s.book
	if len(t.Columns) == 0 {
		return
	}
	if t.Title != "" {
		b.links = append(b.links, link{text: doc.Clean(t.Title), sheet: s.name, cell: s.cell(1, s.row), level: 1})
		s.text(doc.Clean(t.Title), style{size: 12, bold: true})
	}
	head := s.row
	s.heads = append(s.heads, head)
	for i, title := range heads(t.Columns) {
		at := s.cell(i+1, head)
		b.try(b.file.SetCellStr(s.name, at, title))
		s.style(at, at, style{head: true, right: t.Columns[i].Numeric})
		s.fit(i+1, chars(title)+3) // room for the filter's button
	}
	s.row++
	for _, r := range t.Rows {
		lines := 1
		for i, c := range t.Columns {
			cell := cellAt(r, i)
			s.write(i+1, s.row, cell, style{right: c.Numeric, left: !c.Numeric, wrap: true, tone: cell.Tone})
			if v, ok := cell.Value.(doc.Text); ok {
				lines = max(lines, (chars(string(v))+mostWidth-1)/mostWidth)
			}
		}
		if lines > 1 {
			b.try(b.file.SetRowHeight(s.name, s.row, float64(min(lineHeight*lines, 400))))
		}
		s.row++
	}
	if len(t.Rows) == 0 {
		s.text("nothing to list", style{muted: true})
	} else {
		s.asTable(t, head)
		s.conditions(t, head)
	}
	if t.Total != nil {
		s.total(t, head)
	}
	s.row++
}

func cellAt(r doc.Row, i int) doc.Cell {
	if i < len(r.Cells) {
		return r.Cells[i]
	}
	return doc.Cell{}
}

// heads are the titles of columns as a table of a workbook needs them: none
// empty, no two alike.
func heads(columns []doc.Column) []string {
	taken := map[string]bool{}
	out := make([]string, len(columns))
	for i, c := range columns {
		title := doc.Clean(c.Title)
		if title == "" {
			title = fmt.Sprintf("Column %d", i+1)
		}
		out[i] = title
		for n := 2; taken[strings.ToLower(out[i])]; n++ {
			out[i] = fmt.Sprintf("%s (%d)", title, n)
		}
		taken[strings.ToLower(out[i])] = true
	}
	return out
}

// asTable makes the rows a named table, which has filters and stripes, and
// whose heads Excel shows in place of the column letters while one scrolls.
func (s *sheet) asTable(t doc.Table, head int) {
	s.book.tables++
	id := strings.Map(func(r rune) rune {
		if r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '_'
	}, t.ID)
	stripes := false
	s.book.try(s.book.file.AddTable(s.name, &excelize.Table{Name: fmt.Sprintf("t%d_%s", s.book.tables, clip(id, 200)),
		Range: s.cell(1, head) + ":" + s.cell(len(t.Columns), head+len(t.Rows)), StyleName: "TableStyleLight1", ShowRowStripes: &stripes}))
}

// total writes the total row: live sums where a column says so, with the exact
// sum as the stored result, so that a viewer that does not compute shows it too.
func (s *sheet) total(t doc.Table, head int) {
	for i, c := range t.Columns {
		cell := cellAt(*t.Total, i)
		s.write(i+1, s.row, cell, style{total: true, right: c.Numeric})
		if _, missing := cell.Value.(doc.Missing); c.Sum && !missing && len(t.Rows) > 0 {
			at := s.cell(i+1, s.row)
			s.book.try(s.book.file.SetCellFormula(s.name, at, fmt.Sprintf("SUM(%s:%s)", s.cell(i+1, head+1), s.cell(i+1, head+len(t.Rows)))))
		}
	}
	s.row++
}

// write writes a cell: its value, the mark of its tone as part of the number
// format, so that the value stays what it is, and its notes as a comment.
func (s *sheet) write(col, row int, c doc.Cell, st style) {
	at, shown := s.cell(col, row), doc.Format(c.Value)
	switch v := c.Value.(type) {
	case doc.Spark:
		s.spark(at, v)
		s.fit(col, 18)
	case doc.Missing:
		st.muted, st.right = true, !st.left
	}
	_, isText := c.Value.(doc.Text)
	st.wrap = st.wrap && isText && chars(shown) > mostWidth
	st.format = s.put(at, c.Value, shown)
	if m := st.tone.Mark(); m != "" && shown != "" {
		st.format = marked(m, st.format)
		shown = m + " " + shown
	}
	s.style(at, at, st)
	n := chars(shown)
	s.fit(col, n+n/8+4) // room for the indent, and for fonts that are wider than Calibri
	if notes := doc.CellNotes(c); len(notes) > 0 {
		s.comment(at, notes)
	}
}

// put stores a value as what it is and returns the number format that shows it
// as the other media print it.
func (s *sheet) put(at string, value doc.Value, shown string) (format string) {
	store := func(v unit.Decimal, format string) string {
		s.book.try(s.book.file.SetCellFloat(s.name, at, v.Float(), -1, 64))
		return format
	}
	switch v := value.(type) {
	case doc.Count:
		return store(v.N, number(shown))
	case doc.Number:
		return store(shownAs(v.N, shown), number(shown))
	case doc.Ratio: // 99.9 % is stored as 0.999
		return store(shownAs(v.Percent, shown).Mul(unit.MustDecimal("0.01")), signed(number(shown), v.Signed))
	case doc.Money:
		return store(v.Amount, signed(number(shown), v.Signed))
	case doc.Duration:
		if v >= 0 { // there are no negative times
			s.book.try(s.book.file.SetCellFloat(s.name, at, time.Duration(v).Hours()/24, -1, 64))
			return "[h]:mm:ss"
		}
	case doc.Instant:
		if serial, format, ok := instant(v); ok {
			s.book.try(s.book.file.SetCellFloat(s.name, at, serial, -1, 64))
			return format
		}
	case doc.Spark, nil:
		return ""
	}
	s.book.try(s.book.file.SetCellStr(s.name, at, limit(shown)))
	return "@"
}

func (s *sheet) comment(at string, notes []string) {
	note := clip(strings.Join(notes, "\n"), 2000)
	lines := 1 + strings.Count(note, "\n") + len(note)/38
	s.book.try(s.book.file.AddComment(s.name, excelize.Comment{Cell: at, Author: "slactl", Width: 260, Height: uint(24 + 18*min(lines, 20)),
		Paragraph: []excelize.RichTextRun{{Text: note}}}))
}

// instant is a date of the instant's own zone as a workbook counts days; the
// zone stands in the number format. That calendar begins in 1900.
func instant(v doc.Instant) (serial float64, format string, ok bool) {
	t := v.Time
	if t.Year() < 1901 || t.Year() > 9999 {
		return 0, "", false
	}
	wall := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
	serial = wall.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Seconds() / 86400
	serial = math.Ceil(serial*1e9) / 1e9 // LibreOffice cuts to the minute: a hair below 08:30 would be 08:29
	if v.DateOnly {
		return math.Floor(serial), "yyyy-mm-dd", true
	}
	return serial, `yyyy-mm-dd hh:mm "` + t.Format("MST") + `"`, true
}

// number derives a number format from a printed number: the same digits after
// the point, the same unit.
func number(shown string) string {
	_, fraction, suffix := doc.SplitNumber(shown)
	format := "#,##0"
	if len(fraction) > 1 {
		format += "." + strings.Repeat("0", len(fraction)-1)
	}
	switch strings.TrimSpace(suffix) {
	case "":
		return format
	case "%":
		return format + `" "%` // multiplies by 100
	}
	return format + `"` + strings.ReplaceAll(suffix, `"`, "") + `"`
}

// signed shows a plus sign before what is above 0.
func signed(format string, plus bool) string {
	if !plus {
		return format
	}
	return "+" + format + ";-" + format + ";" + format
}

// marked puts the mark of a tone before every kind of value.
func marked(mark, format string) string {
	prefix := `"` + mark + ` "`
	switch format {
	case "", "@":
		return `General;General;General;` + prefix + "@"
	}
	var parts []string
	for i, part := range strings.Split(format, ";") {
		if i == 0 && !strings.Contains(format, ";") && !strings.HasPrefix(part, "[h]") && !strings.HasPrefix(part, "yyyy") {
			parts = append(parts, prefix+part, prefix+"-"+part, prefix+part)
			continue
		}
		parts = append(parts, prefix+part)
	}
	return strings.Join(parts, ";")
}

// shownAs is the number to store under a format that rounds: the value itself,
// or the printed value where rounding would show another one. So 99.9499, which
// is printed as 99.94, is never shown as 99.95.
func shownAs(v unit.Decimal, shown string) unit.Decimal {
	whole, fraction, _ := doc.SplitNumber(shown)
	printed, err := unit.ParseDecimal(strings.NewReplacer(",", "", "+", "").Replace(whole + fraction))
	if err != nil || v.Quantize(max(len(fraction)-1, 0), unit.HalfUp).Cmp(printed) == 0 {
		return v
	}
	return printed
}

// conditions colours the texts of a column by rule where a text always has the
// same tone, so that a state that is changed by hand changes its colour.
func (s *sheet) conditions(t doc.Table, head int) {
	for i := range t.Columns {
		tones := map[string]doc.Tone{}
		var order []string
		for _, r := range t.Rows {
			c := cellAt(r, i)
			v, isText := c.Value.(doc.Text)
			if old, known := tones[string(v)]; !isText || known && old != c.Tone {
				order = nil
				break
			} else if !known && c.Tone != doc.Neutral {
				order = append(order, string(v))
			}
			tones[string(v)] = c.Tone
		}
		slices.Sort(order)
		var rules []excelize.ConditionalFormatOptions
		for _, v := range order[:min(len(order), 12)] {
			format, err := s.book.file.NewConditionalStyle(toneStyle(tones[v]))
			s.book.try(err)
			rules = append(rules, excelize.ConditionalFormatOptions{Type: "cell", Criteria: "equal to", Value: `"` + strings.ReplaceAll(doc.Clean(v), `"`, `""`) + `"`, Format: &format})
		}
		if len(rules) > 0 {
			s.book.try(s.book.file.SetConditionalFormat(s.name, s.cell(i+1, head+1)+":"+s.cell(i+1, head+len(t.Rows)), rules))
		}
	}
}
