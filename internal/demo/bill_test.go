package demo

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"math/big"
	"strings"
	"testing"
	"time"
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

// The months add up to the sums that are promised, with what moves between the
// measures and the months.
func TestBillsAddUp(t *testing.T) {
	all := exports(t)
	for month, charges := range map[time.Month][]billRow{
		time.September: append(all["2026-10-04"], all["2026-11-01"]...),
		time.October:   all["2026-11-01"],
	} {
		sums := map[string]*big.Rat{"BilledCost": {}, "EffectiveCost": {}, "ListCost": {}, "ContractedCost": {}}
		for _, row := range charges {
			if start, err := time.Parse(time.RFC3339, row["ChargePeriodStart"]); err != nil || start.Month() != month {
				continue
			}
			for column, sum := range sums {
				sum.Add(sum, row.number(t, column))
			}
		}
		want := company().Costs(month)
		for column, w := range map[string]*big.Rat{"BilledCost": want.Billed.Rat(), "EffectiveCost": want.Effective.Rat(), "ListCost": want.List.Rat(), "ContractedCost": want.Contracted.Rat()} {
			if sums[column].Cmp(w) != 0 || w.Sign() <= 0 {
				t.Errorf("%s of %s: %s, want %s", column, month, sums[column].FloatString(12), w.FloatString(12))
			}
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
