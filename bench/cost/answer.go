package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/billing"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
)

// answer prints what the program duckdb prints: the keys, two sums and the number
// of rows of each group.
func answer(path string) error {
	runtime.GOMAXPROCS(2)
	month, err := period.Calendar{Zone: time.UTC, WeekStart: time.Monday, Now: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}.Parse("2026-10")
	if err != nil {
		return err
	}
	q := cost.Query{Period: month, By: []string{"provider", "service", "region"}}
	qs := []cost.Query{q, q}
	qs[0].Measure, qs[1].Measure = cost.Billed, cost.Effective
	reports, err := billing.Breakdown(context.Background(), []billing.Source{{Name: "cloud", Format: "focus", Path: path}}, qs)
	if err != nil {
		return err
	}
	if reports[0].Rejected() {
		return fmt.Errorf("%s is rejected: %s", path, reports[0].Ledger[0].Reason)
	}
	key := func(g cost.Group) string {
		return strings.Join([]string{*g.Keys["provider"], *g.Keys["service"], *g.Keys["region"]}, " ")
	}
	effective := map[string]string{}
	for _, g := range reports[1].Groups {
		effective[key(g)] = g.Amount.String()
	}
	slices.SortFunc(reports[0].Groups, func(a, b cost.Group) int { return strings.Compare(key(a), key(b)) })
	out := bufio.NewWriter(os.Stdout)
	for _, g := range reports[0].Groups {
		fmt.Fprintln(out, key(g), g.Amount, effective[key(g)], g.Rows)
	}
	return out.Flush()
}
