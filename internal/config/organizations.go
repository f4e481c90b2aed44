package config

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
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
	f, err := os.Open(file)
	if err != nil {
		d := fileError(file, err)
		return yamlpos.Diagnostics{c.node("organizations.file").Diagnostic(yamlpos.Error, "file", d.Hint, d.Message+" ("+file+")")}
	}
	defer f.Close()
	var diags yamlpos.Diagnostics
	c.records, diags = parseOrganizations(file, f)
	var rows []Organization
	if c.records != nil {
		diags = append(diags, yamlpos.Decode(c.records, &rows)...)
	}
	for i, item := range itemsOf(c.records) {
		c.enter(at("organizations.list", len(c.Organizations.List)+i), item)
	}
	c.Organizations.List = append(c.Organizations.List, rows...)
	return diags
}

func parseOrganizations(file string, r io.Reader) (*yamlpos.Node, yamlpos.Diagnostics) {
	in := csv.NewReader(r)
	in.TrimLeadingSpace = true
	head, err := in.Read()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the file is empty")
		}
		return nil, yamlpos.Diagnostics{fileDiagnostic(file, "reading the head: "+err.Error(), "the first line names the columns: id,name,tier,timezone,monthly_fee,currency,since")}
	}
	head[0] = strings.TrimPrefix(head[0], "\ufeff")
	list := &yamlpos.Node{Kind: yamlpos.Sequence, Position: yamlpos.Position{File: file, Line: 1, Column: 1}}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			var parse *csv.ParseError
			d := fileDiagnostic(file, err.Error(), "")
			if errors.As(err, &parse) {
				d.Line, d.Column, d.Message = parse.Line, parse.Column, parse.Err.Error()
			}
			return list, yamlpos.Diagnostics{d}
		}
		list.Items = append(list.Items, row(file, in, head, record))
	}
}

// row makes a mapping of a record.
func row(file string, in *csv.Reader, head, record []string) *yamlpos.Node {
	at := func(i int) yamlpos.Position {
		line, column := in.FieldPos(i)
		return yamlpos.Position{File: file, Line: line, Column: column}
	}
	n := yamlpos.NewMapping(at(0))
	attributes := yamlpos.NewMapping(at(0))
	for i, cell := range record {
		if cell = strings.TrimSpace(cell); cell == "" {
			continue
		}
		into, name := n, strings.TrimSpace(head[i])
		if key, ok := strings.CutPrefix(name, "attributes."); ok {
			into, name = attributes, key
		}
		into.Fields = append(into.Fields, yamlpos.Field{Key: yamlpos.NewScalar(at(i), name), Value: yamlpos.NewScalar(at(i), cell)})
	}
	if len(attributes.Fields) > 0 {
		n.Fields = append(n.Fields, yamlpos.Field{Key: yamlpos.NewScalar(at(0), "attributes"), Value: attributes})
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
