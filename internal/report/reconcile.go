package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
)

// ReconcileSchema names the version of [Reconciliation]'s JSON form.
const ReconcileSchema = "slactl.reconcile/v1"

// Reconciliation sets intervals that customers claim beside what was measured.
type Reconciliation struct {
	Schema      string    `json:"schema"`
	GeneratedAt time.Time `json:"generated_at"`
	Claims      []Claim   `json:"claims"`
	Notes       []string  `json:"notes"`
}

// Claim is one claimed interval and what speaks for it.
type Claim struct {
	Row          int    `json:"row"` // the line of the file
	Organization string `json:"organization"`
	Tier         string `json:"tier,omitempty"`
	period.Span         // in UTC
	Timezone     string `json:"timezone"` // of the organization
	// Received is when the claim was made, null if the file does not say: then it
	// is taken to be made now.
	Received *time.Time `json:"received"`
	// ClaimBy is the instant before which it had to be made under the terms of the
	// tier, the earliest where it touches several months; null without a deadline.
	ClaimBy *time.Time `json:"claim_by"`
	Late    bool       `json:"late"`
	SLA     string     `json:"sla,omitempty"`
	Note    string     `json:"note,omitempty"`
	// Findings has one for each objective that was looked at.
	Findings []ClaimFinding `json:"findings"`
	// Credits are those of the months that the claim touches, as they are and if
	// it is accepted; none where no credits are promised.
	Credits []ClaimCredit `json:"credits"`
	// Reasons say why there are no findings, or why a month has no credit.
	Reasons []string `json:"reasons"`
}

// ClaimFinding is what the windows of one objective say.
type ClaimFinding struct {
	SLA       string `json:"sla"`
	Objective string `json:"objective"`
	sla.ClaimCheck
}

// ClaimCredit is the credit of an organization's month.
type ClaimCredit struct {
	Month    string       `json:"month"`
	Currency string       `json:"currency"`
	Now      unit.Decimal `json:"now"`
	Accepted unit.Decimal `json:"accepted"` // at least, if everything in the claim was bad
	// AtMost equals Accepted where the claim settles the credit; null where nobody
	// can say, and then the claim's reasons say why.
	AtMost  *unit.Decimal `json:"accepted_at_most"`
	Because []string      `json:"because"` // of Accepted
}

// ReconcileTable lists claims, a row for each objective.
func ReconcileTable(r *Reconciliation) doc.Table {
	t := doc.Table{ID: "claims", Columns: []doc.Column{{Title: "Row", Numeric: true}, {Title: "Organization"}, {Title: "Claimed from"}, {Title: "Lasted", Numeric: true, Priority: 5}, {Title: "Objective"},
		{Title: "Finding"}, {Title: "Worse windows", Numeric: true, Priority: 4}, {Title: "Bad events", Numeric: true, Priority: 6}, {Title: "Credit now", Numeric: true, Priority: 3}, {Title: "If accepted", Numeric: true, Priority: 1}}}
	terms := slices.ContainsFunc(r.Claims, func(c Claim) bool { return c.ClaimBy != nil })
	if terms {
		t.Columns = append(t.Columns, doc.Column{Title: "Claim before", Priority: 7}, doc.Column{Title: "Left", Priority: 2})
	}
	for _, c := range r.Claims {
		for i, row := range claimRows(c) {
			if terms {
				row = append(row, claimTerms(c, r.GeneratedAt, i == 0)...)
			}
			if i > 0 { // what is alike is said once
				for k := range 4 {
					row[k] = text("")
				}
				row[8], row[9] = text(""), text("")
			}
			t.Rows = append(t.Rows, doc.Row{Cells: row})
		}
	}
	return t
}

func claimRows(c Claim) [][]doc.Cell {
	who := orDash(c.Organization)
	if c.Note != "" {
		who.Notes = []string{c.Note}
	}
	head := []doc.Cell{{Value: doc.Count{N: unit.DecimalOfInt(int64(c.Row))}}, who, {Value: doc.Instant{Time: c.Start.In(zoneNamed(c.Timezone))}}, {Value: doc.Duration(c.Duration())}}
	now, accepted := claimCredits(c)
	var rows [][]doc.Cell
	for _, f := range c.Findings {
		row := append([]doc.Cell{}, head...)
		rows = append(rows, append(row, text(objectiveName(sla.Result{SLA: f.SLA, Objective: f.Objective})), findingCell(f),
			text(fmt.Sprintf("%d of %d", f.Windows.Worse, f.Windows.Judged)), doc.Cell{Value: doc.Count{N: f.Bad.Decimal}}, now, accepted))
	}
	if len(rows) == 0 {
		missing := doc.Cell{Value: doc.Missing{Why: "not judged"}}
		finding := text("nothing to set beside it")
		finding.Notes, finding.Tone = c.Reasons, doc.Warn
		rows = append(rows, append(head, orDash(c.SLA), finding, missing, missing, now, accepted))
	}
	return rows
}

// findingCell says what was found. A confirmed claim is bad news.
func findingCell(f ClaimFinding) doc.Cell {
	var c doc.Cell
	switch f.Finding {
	case sla.Confirmed:
		c = doc.Cell{Value: doc.Text("confirmed"), Tone: doc.Bad}
	case sla.Partly:
		c = doc.Cell{Value: doc.Text("partly"), Tone: doc.Warn}
	case sla.NotSeen:
		c = doc.Cell{Value: doc.Text("not seen"), Tone: doc.Good}
	case sla.Exempt:
		c = doc.Cell{Value: doc.Text("excluded")}
	default:
		c = doc.Cell{Value: doc.Text("no data"), Tone: doc.Warn}
	}
	if n := f.Windows.NoData + f.Windows.Unreachable; n > 0 && f.Finding != sla.NoData {
		c.Notes = append(c.Notes, fmt.Sprintf("%d of %d windows without data or an answer", n, f.Windows.Touched))
	}
	if n := f.Windows.Excluded; n > 0 && f.Finding != sla.Exempt {
		c.Notes = append(c.Notes, fmt.Sprintf("%d of %d windows excluded", n, f.Windows.Touched))
	}
	return c
}

// claimTerms are the cells of a claim's deadline, on its first row.
func claimTerms(c Claim, now time.Time, first bool) []doc.Cell {
	switch {
	case !first:
		return []doc.Cell{text(""), text("")}
	case c.ClaimBy == nil:
		return []doc.Cell{text("–"), text("–")}
	}
	left := daysLeft(c.ClaimBy.Sub(now))
	switch {
	case c.Late:
		left = doc.Cell{Value: doc.Text("late"), Tone: doc.Bad}
	case c.Received != nil:
		left = doc.Cell{Value: doc.Text("in time"), Tone: doc.Good}
	}
	return []doc.Cell{{Value: doc.Instant{Time: c.ClaimBy.In(zoneNamed(c.Timezone))}}, left}
}

// daysLeft says how many whole days are left.
func daysLeft(d time.Duration) doc.Cell {
	switch days := int(d.Hours() / 24); days {
	case 0:
		return doc.Cell{Value: doc.Text("hours"), Tone: doc.Warn}
	case 1:
		return text("1 day")
	default:
		return text(fmt.Sprintf("%d days", days))
	}
}

// atMost says how much a credit could be, and why that is not settled.
func atMost(c ClaimCredit, reasons []string) string {
	limit := "how much more is not known"
	if c.AtMost != nil {
		limit = "at most " + unit.FormatMoney(*c.AtMost, c.Currency)
	}
	return strings.Join(append([]string{limit}, reasons...), "; ")
}

// claimCredits are the cells of the credit now and of the one if accepted. A
// claim that touches two months shows the first, and the other in a note.
func claimCredits(c Claim) (now, accepted doc.Cell) {
	if len(c.Credits) == 0 {
		why := doc.Cell{Value: doc.Missing{Why: "no credit to compute"}}
		if len(c.Reasons) > 0 {
			why = doc.Cell{Value: doc.Missing{Why: c.Reasons[0]}}
		}
		return why, why
	}
	first := c.Credits[0]
	open := first.AtMost == nil || first.AtMost.Cmp(first.Accepted) > 0
	now = doc.Cell{Value: doc.Money{Amount: first.Now, Currency: first.Currency}}
	accepted = doc.Cell{Value: doc.Money{Amount: first.Accepted, Currency: first.Currency}, Notes: append([]string{}, first.Because...)}
	if first.Accepted.Cmp(first.Now) > 0 {
		accepted.Tone = doc.Warn
	}
	if open {
		accepted.Notes = append(accepted.Notes, "at least; "+atMost(first, c.Reasons))
	}
	for _, more := range c.Credits[1:] {
		accepted.Notes = append(accepted.Notes, fmt.Sprintf("%s: %s now, %s if accepted", more.Month, unit.FormatMoney(more.Now, more.Currency), unit.FormatMoney(more.Accepted, more.Currency)))
	}
	return now, accepted
}
