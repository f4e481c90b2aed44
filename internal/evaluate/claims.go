package evaluate

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/yamlpos"
)

// claimColumns are the columns of a file of claims; those after the third may be
// missing.
func claimColumns() []string {
	return []string{"organization", "start", "end", "sla", "note", "received"}
}

// ReadClaims reads a table of claims: CSV with a head that names the columns
// organization, start and end, and perhaps sla, note and received. An instant without an
// offset is what clocks show where the organization is. What cannot be read is
// returned as errors with their lines, beside the claims that can.
func (e *Evaluator) ReadClaims(name string, in io.Reader) ([]Claim, []error) {
	r := csv.NewReader(in)
	r.TrimLeadingSpace = true
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, []error{fmt.Errorf("reading %s: the file is empty; the first line names the columns: organization,start,end,sla,note,received", name)}
	}
	if err != nil {
		return nil, []error{fmt.Errorf("reading %s: %w", name, err)}
	}
	at, err := columnsOf(head)
	if err != nil {
		return nil, []error{fmt.Errorf("reading %s:1: %w", name, err)}
	}
	var out []Claim
	var wrong []error
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, wrong
		}
		var parse *csv.ParseError
		if errors.As(err, &parse) && !errors.Is(err, csv.ErrFieldCount) {
			return out, append(wrong, fmt.Errorf("reading %s:%d: %w; the rows after it are not read", name, parse.Line, parse.Err))
		}
		line, _ := r.FieldPos(0)
		if err == nil {
			var c Claim
			if c, err = e.claim(record, at); err == nil {
				c.Row = line
				out = append(out, c)
				continue
			}
		} else {
			err = fmt.Errorf("%d fields where the head has %d", len(record), len(head))
		}
		wrong = append(wrong, fmt.Errorf("reading %s:%d: %w", name, line, err))
	}
}

// columnsOf finds the columns by their names.
func columnsOf(head []string) (map[string]int, error) {
	at := map[string]int{}
	for i, name := range head {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
		if !slices.Contains(claimColumns(), name) {
			return nil, fmt.Errorf("there is no column %q; %s", name, yamlpos.DidYouMean(name, claimColumns(), "the columns are"))
		}
		at[name] = i
	}
	for _, name := range claimColumns()[:3] {
		if _, ok := at[name]; !ok {
			return nil, fmt.Errorf("the column %q is missing; the columns are %s", name, strings.Join(claimColumns(), ", "))
		}
	}
	return at, nil
}

func (e *Evaluator) claim(record []string, at map[string]int) (Claim, error) {
	field := func(name string) string {
		if i, ok := at[name]; ok {
			return strings.TrimSpace(record[i])
		}
		return ""
	}
	c := Claim{Organization: field("organization"), SLA: field("sla"), Note: field("note")}
	var known []string
	for _, o := range e.Config.Organizations.List {
		known = append(known, o.ID)
	}
	if len(known) > 0 && !slices.Contains(known, c.Organization) {
		return c, fmt.Errorf("there is no organization %q; %s", c.Organization, yamlpos.DidYouMean(c.Organization, known, "the configuration has"))
	}
	if _, ok := e.Config.SLADefinitions.Get(c.SLA); c.SLA != "" && !ok {
		return c, fmt.Errorf("there is no SLA %q; %s", c.SLA, yamlpos.DidYouMean(c.SLA, e.Config.SLADefinitions.Keys(), "the configuration has"))
	}
	zone := e.zoneOf(c.Organization)
	var err error
	if c.Start, err = claimInstant("start", field("start"), zone); err != nil {
		return c, err
	}
	if c.End, err = claimInstant("end", field("end"), zone); err != nil {
		return c, err
	}
	if c.Empty() {
		return c, fmt.Errorf("end %s is not after start %s", field("end"), field("start"))
	}
	if text := field("received"); text != "" {
		if day, err := time.Parse(time.DateOnly, text); err == nil {
			c.Received = period.WallOf(day, time.UTC).In(zone)
			return c, nil
		}
		if c.Received, err = claimInstant("received", text, zone); err != nil {
			return c, fmt.Errorf("%w; a date alone is its start", err)
		}
	}
	return c, nil
}

// claimInstant reads an instant: RFC 3339, or what clocks show in the zone.
func claimInstant(name, text string, zone *time.Location) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	for _, layout := range [...]string{"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return period.WallOf(t, time.UTC).In(zone), nil
		}
	}
	return time.Time{}, fmt.Errorf("%s %q is not an instant; write 2026-10-08T14:20:00Z, or 2026-10-08 14:20 in the organization's zone, %s", name, text, zone)
}
