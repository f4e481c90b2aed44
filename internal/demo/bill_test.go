package demo

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"math/big"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/billing"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// billRow is a row of a bill by the names of its columns.
type billRow map[string]string

// rows reads a bill file as any reader of FOCUS would.
func rows(t *testing.T, f billFile) []billRow {
	t.Helper()
	text := f.text
	if strings.HasSuffix(f.path, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		var plain bytes.Buffer
		if _, err := plain.ReadFrom(z); err != nil {
			t.Fatal(err)
		}
		text = plain.Bytes()
	}
	records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []billRow
	for _, record := range records[1:] {
		row := billRow{}
		for i, name := range records[0] {
			row[name] = record[i]
		}
		out = append(out, row)
	}
	return out
}

func (r billRow) number(t *testing.T, column string) *big.Rat {
	t.Helper()
	v, ok := new(big.Rat).SetString(r[column])
	if !ok {
		t.Fatalf("%s %q is no number", column, r[column])
	}
	return v
}

// exports reads all bill files by snapshot.
func exports(t *testing.T) map[string][]billRow {
	t.Helper()
	files, err := company().billFiles()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]billRow{}
	for _, f := range files {
		snapshot, _, _ := strings.Cut(f.path, "/")
		out[snapshot] = append(out[snapshot], rows(t, f)...)
	}
	return out
}

// What the providers of models bill is what Prometheus counted, to the token and
// to the last digit.
func TestBillsEqualTokens(t *testing.T) {
	month := october(time.UTC)
	counted := map[string]*big.Rat{}
	for _, row := range exports(t)["2026-11-01"] {
		if row["ServiceCategory"] != "AI and Machine Learning" {
			continue
		}
		cost := new(big.Rat).Mul(row.number(t, "ConsumedQuantity"), row.number(t, "ListUnitPrice"))
		if cost.Cmp(row.number(t, "BilledCost")) != 0 {
			t.Errorf("%s on %s: %s tokens at %s are billed as %s", row["SkuId"], row["ChargePeriodStart"], row["ConsumedQuantity"], row["ListUnitPrice"], row["BilledCost"])
		}
		if counted[row["SkuId"]] == nil {
			counted[row["SkuId"]] = new(big.Rat)
		}
		counted[row["SkuId"]].Add(counted[row["SkuId"]], row.number(t, "ConsumedQuantity"))
	}
	if len(counted) != 8 {
		t.Errorf("%d kinds of tokens are billed, want 8", len(counted))
	}
	for _, m := range models {
		for _, kind := range kinds {
			if billed := counted[m.name+"-"+kind]; billed != nil && billed.Cmp(big.NewRat(company().Tokens(m.name, kind, month), 1)) != 0 {
				t.Errorf("%s %s: %s tokens are billed, want %d", m.name, kind, billed.RatString(), company().Tokens(m.name, kind, month))
			}
		}
	}
}

// slactl reads from the exports what was charged, in every measure: the newer
// export of October replaces the older, and its correction moves to September.
func TestBillsAddUp(t *testing.T) {
	dir := t.TempDir()
	files, err := company().billFiles()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if err := writeFile(filepath.Join(dir, f.path), f.text); err != nil {
			t.Fatal(err)
		}
	}
	var queries []cost.Query
	var want []unit.Decimal
	for month := firstBill(); month.Before(End().AddDate(0, 0, -1)); month = month.AddDate(0, 1, 0) {
		p, err := period.Calendar{Zone: time.UTC, Now: End()}.Parse(month.Format("2006-01"))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []cost.Measure{cost.Billed, cost.Effective, cost.List, cost.Contracted} {
			queries = append(queries, cost.Query{Period: p, Measure: m})
		}
		c := company().Costs(month)
		want = append(want, c.Billed, c.Effective, c.List, c.Contracted)
	}
	reports, err := billing.Breakdown(context.Background(), []billing.Source{{Name: "cloud", Format: "focus", Path: dir + "/**/*"}}, queries)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range reports {
		if len(r.Totals) != 1 || r.Totals[0].Currency != "USD" || r.Totals[0].Amount.Cmp(want[i]) != 0 {
			t.Errorf("%s of %s: %+v, want %s", r.Measure, r.Period.Name, r.Totals, want[i])
		}
	}
}

// The bills have what makes bills hard: commitments, credits, tax, corrections
// of an earlier month, and an export of half a month that a later one replaces.
func TestBillsHaveTheOddities(t *testing.T) {
	all := exports(t)
	seen := map[string]bool{}
	for _, row := range all["2026-11-01"] {
		seen[row["ChargeCategory"]] = true
		seen["class "+row["ChargeClass"]] = true
		switch {
		case row["ChargeCategory"] == "Purchase" && row.number(t, "EffectiveCost").Sign() != 0:
			t.Errorf("the purchase has an effective cost of %s, want 0", row["EffectiveCost"])
		case row["CommitmentDiscountStatus"] == "Used" && row.number(t, "BilledCost").Sign() != 0:
			t.Errorf("covered use is billed %s, want 0", row["BilledCost"])
		case row["ChargeClass"] == "Correction" && row["ChargePeriodStart"] != "2026-09-23T00:00:00Z":
			t.Errorf("the correction is of %s", row["ChargePeriodStart"])
		}
	}
	for _, want := range []string{"Usage", "Purchase", "Credit", "Tax", "class Correction"} {
		if !seen[want] {
			t.Errorf("there is no %s", want)
		}
	}
	days := map[string]bool{}
	for _, row := range all["2026-10-15"] {
		days[row["ChargePeriodStart"]] = true
	}
	if len(days) != 14 || len(all["2026-10-15"]) >= len(all["2026-11-01"]) {
		t.Errorf("the export of October 15 has %d days, want 14", len(days))
	}
}

// A year of bills leads up to October: storage grows by 8 % a month, models are
// used 3 % more, and on no other day is data transferred as on that of the spike.
func TestBillsGrow(t *testing.T) {
	storage, models, transfer := map[string]float64{}, map[string]float64{}, map[string]float64{}
	for snapshot, all := range exports(t) {
		if snapshot == "2026-10-15" {
			continue // October whole replaces it
		}
		for _, row := range all {
			month := row["BillingPeriodStart"][:7]
			billed, _ := row.number(t, "BilledCost").Float64()
			switch {
			case row["ServiceName"] == "Amazon S3":
				storage[month] += billed
			case row["ServiceCategory"] == "AI and Machine Learning":
				models[month] += billed
			case row["ServiceName"] == "AWS Data Transfer" && row["ChargeClass"] == "":
				transfer[row["ChargePeriodStart"][:10]] += billed
			}
		}
	}
	if len(storage) != 13 || len(models) != 13 || len(transfer) != 365+31 {
		t.Fatalf("%d months of storage, %d of models, %d days of data transfer; want 13, 13 and 396", len(storage), len(models), len(transfer))
	}
	// The months of a pair are equally long; May and August have as many weekends.
	for _, tt := range []struct {
		name       string
		of         map[string]float64
		from, to   string
		least, max float64
	}{
		{"storage", storage, "2026-07", "2026-08", 1.06, 1.10},
		{"storage", storage, "2025-10", "2026-10", 2.45, 2.59}, // 1.08^12 = 2.518
		{"models", models, "2026-05", "2026-08", 1.06, 1.12},   // 1.03^3 = 1.093
		{"models", models, "2025-10", "2026-10", 1.30, 1.50},   // 1.03^11 = 1.384
	} {
		if ratio := tt.of[tt.to] / tt.of[tt.from]; ratio < tt.least || ratio > tt.max {
			t.Errorf("%s grows from %s to %s to %.3f of it, want %v to %v", tt.name, tt.from, tt.to, ratio, tt.least, tt.max)
		}
	}
	s, _ := company().Spike()
	for day, billed := range transfer { // 410 GB at 0.0864 ± 30 %
		if unusual := billed > 47; unusual != (day == s.Day.Format(time.DateOnly)) {
			t.Errorf("data transfer on %s costs %.2f", day, billed)
		}
	}
}
