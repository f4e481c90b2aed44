package doctest

import (
	"fmt"

	"github.com/slactl/slactl/internal/report/doc"
)

// Large is the sample's report for a company of many organizations, each with
// six objectives.
func Large(organizations int) *doc.Document {
	d := Sample()
	base := results()
	var rows []doc.Row
	for i := range organizations {
		for _, r := range base {
			cells := append([]doc.Cell(nil), r.Cells...)
			cells[3] = text(fmt.Sprintf("Customer %03d", i+1))
			rows = append(rows, doc.Row{Cells: cells})
		}
	}
	t := resultTable("sla_organizations", "By organization", 0, 0)
	t.Rows = rows
	d.Sections[1].Blocks = append(d.Sections[1].Blocks, t)
	return d
}
