package config

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/yamlpos"
)

// readOrganizations appends the rows of organizations.file to the list. The head
// names the keys of an organization; `attributes.KEY` sets an attribute, and
// empty cells say nothing. Rows are decoded as if they stood in YAML, so that
// their findings have the line of the row.
func (c *Config) readOrganizations() yamlpos.Diagnostics {
	file := string(c.Organizations.File)
	if file == "" {
		return nil
	}
	text, err := readFile(file)
	if err != nil {
		n := c.node("organizations.file")
		message := fileError(file, err).Message + " (" + n.Text + ")"
		return yamlpos.Diagnostics{n.Diagnostic(yamlpos.Error, "file", "a path is relative to the file that names it", message)}
	}
	var diags yamlpos.Diagnostics
	c.records, diags = parseOrganizations(file, text)
	var rows []Organization
	if len(diags) == 0 {
		diags = yamlpos.Decode(c.records, &rows)
	}
	for i, item := range itemsOf(c.records) {
		c.enter(at("organizations.list", len(c.Organizations.List)+i), item)
	}
	c.Organizations.List = append(c.Organizations.List, rows...)
	return diags
}

// parseOrganizations makes a list of mappings of a table.
func parseOrganizations(file string, text []byte) (*yamlpos.Node, yamlpos.Diagnostics) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	src := yamlpos.NewSource(file, filepath.Dir(file), text)
	in := csv.NewReader(bytes.NewReader(text))
	head, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, yamlpos.Diagnostics{fileDiagnostic(file, "the file is empty", "the first line names the columns: id,name,tier,timezone,monthly_fee,currency,since")}
	}
	list := &yamlpos.Node{Kind: yamlpos.Sequence, Position: yamlpos.Position{File: file, Line: 1, Column: 1}}
	for err == nil {
		var record []string
		if record, err = in.Read(); err == nil {
			list.Items = append(list.Items, row(src, in, head, record))
		}
	}
	var wrong *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return list, nil
	case errors.As(err, &wrong):
		return nil, yamlpos.Diagnostics{src.Scalar(wrong.Line, wrong.Column, "").Diagnostic(yamlpos.Error, "syntax", "", wrong.Err.Error())}
	}
	return nil, yamlpos.Diagnostics{fileDiagnostic(file, err.Error(), "")}
}

// row makes a mapping of a record.
func row(src *yamlpos.Source, in *csv.Reader, head, record []string) *yamlpos.Node {
	place := func(i int, text string) *yamlpos.Node {
		line, column := in.FieldPos(i)
		return src.Scalar(line, column, text)
	}
	n := yamlpos.NewMapping(place(0, "").Position)
	attributes := yamlpos.NewMapping(n.Position)
	for i, cell := range record {
		if cell = strings.TrimSpace(cell); cell == "" {
			continue
		}
		into, name := n, strings.TrimSpace(head[i])
		if key, ok := strings.CutPrefix(name, "attributes."); ok {
			into, name = attributes, key
		}
		into.Fields = append(into.Fields, yamlpos.Field{Key: place(i, name), Value: place(i, cell)})
	}
	if len(attributes.Fields) > 0 {
		n.Set("attributes", attributes)
	}
	return n
}

// At returns the tier and the monthly fee that held for the organization at an
// instant. The days of its history end in the given zone, the file's.
func (o Organization) At(t time.Time, zone *time.Location) (tier string, fee *unit.Decimal) {
	tier, fee = o.Tier, o.MonthlyFee
	// From the latest entry to the earliest one still in force: the earliest wins,
	// and what it leaves out comes from the next.
	for i := len(o.History) - 1; i >= 0; i-- {
		h := o.History[i]
		if !t.Before(h.Until.Start(zone)) {
			break
		}
		if h.Tier != "" {
			tier = h.Tier
		}
		if h.MonthlyFee != nil {
			fee = h.MonthlyFee
		}
	}
	return tier, fee
}

func itemsOf(n *yamlpos.Node) []*yamlpos.Node {
	if n == nil {
		return nil
	}
	return n.Items
}
