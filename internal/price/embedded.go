package price

import (
	_ "embed"
	"fmt"
	"time"
)

//go:embed catalogue.yaml
var catalogue []byte

// Embedded returns the list of prices that comes with the program.
func Embedded() *List {
	l, diags := Parse("the embedded catalogue", catalogue)
	if l == nil {
		panic(diags) // a test reads it
	}
	for _, m := range l.Models {
		m.Embedded = true
	}
	return l
}

// MaxAge is how old the embedded prices may be before one should be warned:
// providers change theirs every few weeks.
const MaxAge = 60 * 24 * time.Hour

// Stale says that the embedded prices are older than [MaxAge] at an instant, or
// "".
func (c *Catalogue) Stale(now time.Time) string {
	if c.Checked.IsZero() || now.Sub(c.Checked) <= MaxAge {
		return ""
	}
	return fmt.Sprintf("the embedded prices are of %s, %d days ago; compare them with your invoices, or bring newer ones with slactl prices import",
		c.Checked.Format(time.DateOnly), int(now.Sub(c.Checked).Hours()/24))
}
