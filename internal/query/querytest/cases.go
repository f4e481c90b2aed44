package querytest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/window"
)

// Case is a rule of the accounting: samples, a request and what must come out.
type Case struct {
	Name string
	Load string // see Load
	Kind query.Kind
	// Selectors, as a configuration writes them.
	Total, Bad, Good, Sum string
	GroupBy               []string
	Grid                  string // offsets from Base, such as "0m 5m 10m"
	MaxGap, Lookback      time.Duration
	EachSample            bool
	Combine               query.Combine
	Want                  string // see Dump; indentation by tabs is removed
}

// Request returns what the case asks.
func (c Case) Request() (query.Request, error) {
	req := query.Request{GroupBy: c.GroupBy, MaxGap: c.MaxGap, Lookback: c.Lookback, EachSample: c.EachSample}
	req.Indicator.Kind, req.Indicator.Combine = c.Kind, c.Combine
	for _, s := range []struct {
		text string
		into *query.Selector
	}{{c.Total, &req.Indicator.Total}, {c.Bad, &req.Indicator.Bad}, {c.Good, &req.Indicator.Good}, {c.Sum, &req.Indicator.Sum}} {
		if s.text == "" {
			continue
		}
		sel, err := query.ParseSelector(s.text)
		if err != nil {
			return req, err
		}
		*s.into = sel
	}
	var instants []time.Time
	for _, f := range strings.Fields(c.Grid) {
		d, err := time.ParseDuration(f)
		if err != nil {
			return req, fmt.Errorf("parsing grid: %w", err)
		}
		instants = append(instants, Base().Add(d))
	}
	req.Grid = window.NewGrid(instants)
	return req, nil
}

// Cases returns the rules of docs/rules.md, "Counting".
func Cases() []Case {
	return slices.Concat(counterCases(), birthCases(), kindCases(), combineCases())
}
