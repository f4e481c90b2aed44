package evaluate

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/evidence"
)

// One SLA of every method, with maintenance, a gap, a birth, a reset and credits.
const everyMethod = `
version: 1
sources: {metrics: {openmetrics: metrics.om}}
sla_definitions:
  events: {target: 99.9, measurement_window: 5m, indicator: &reqs {total: reqs_total, bad: 'reqs_total{code="500"}'}}
  good: {target: 99.9, indicator: {total: reqs_total, good: 'reqs_total{code="200"}'}}
  slices: {target: 90, slice_target: 99, method: slices, indicator: *reqs}
  mean: {target: 99, method: mean, indicator: *reqs}
  downtime: {target: 99, method: downtime, indicator: *reqs}
  fast: {objectives: [{name: fast, at_least: 95, indicator: {histogram: lat_seconds, within: 500ms}}]}
  slow: {p90_target_ms: 400, indicator: {histogram: lat_seconds}}
  rating: {response_quality_threshold: 4, indicator: {sum: rating_sum, count: rating_count}}
  score: {measured: shared, objectives: [{name: score, at_least: 4.5, indicator: {gauge: quality_score}}]}
  up: {measured: shared, target: 99, indicator: {up: up}}
  nothing: {target: 99}
service_tiers:
  gold: {targets: {events.availability: 99.99}, credits: {objective: events.availability, bands: [{below: 99.99, credit: 10}]}}
organizations:
  label: org
  list:
    - {id: acme, tier: gold, monthly_fee: 100, currency: USD}
    - {id: initech, tier: gold, monthly_fee: 987654, currency: USD}
maintenance: [{name: upgrade, start: 2026-10-01T00:30:00Z, end: 2026-10-01T00:40:00Z, organizations: [acme]}]
`

const everyMetric = `load 1m 2026-10-01T00:00:00Z
up{job="api",instance="10.1.2.3:80"} 1x40 0x3 1x80
reqs_total{job="api",instance="10.1.2.3:80",org="acme",code="200"} 0+10x50 _x20 600+10x50
reqs_total{job="api",instance="10.1.2.3:80",org="acme",code="500"} _x35 1+1x3 1+2x70
reqs_total{job="api",instance="10.1.2.3:80",org="initech",code="200"} 0+10x120
rating_sum{job="api",instance="10.1.2.3:80",org="acme"} 0+4.1x120
rating_count{job="api",instance="10.1.2.3:80",org="acme"} 0+1x120
quality_score{job="api",instance="10.1.2.3:80"} 4.25x60 4.85x60
lat_seconds_bucket{job="api",instance="10.1.2.3:80",org="acme",le="0.1"} 0+5x120
lat_seconds_bucket{job="api",instance="10.1.2.3:80",org="acme",le="0.5"} 0+9x120
lat_seconds_bucket{job="api",instance="10.1.2.3:80",org="acme",le="+Inf"} 0+10x120
`

func everyMethodEvidence(t testing.TB, org string) []byte {
	t.Helper()
	return evidenceOf(t, everyMethod, everyMetric, "2026-10-01T00:00:00Z..2026-10-01T02:00:00Z", org, time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC))
}

func TestEvidenceOfEveryMethod(t *testing.T) {
	for _, org := range []string{"", "acme"} {
		text := everyMethodEvidence(t, org)
		for _, f := range verify(t, text).Findings {
			t.Errorf("org=%q: %+v", org, f)
		}
		if !bytes.Equal(text, everyMethodEvidence(t, org)) {
			t.Errorf("org=%q: the same input gives other bytes", org)
		}
	}
}

// An archive for one customer has nothing of others, and nothing of the inside.
func TestEvidenceForACustomer(t *testing.T) {
	text := everyMethodEvidence(t, "acme")
	z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		content := string(entry(t, text, f.Name))
		for _, secret := range []string{"initech", "987654", "10.1.2.3", "reqs_total", "lat_seconds", "api", "metrics.om", `code="500"`} {
			if strings.Contains(f.Name+content, secret) {
				t.Errorf("%s has %s", f.Name, secret)
			}
		}
	}
}

// remade writes an archive anew, with one entry changed and the manifest made to
// fit.
func remade(t rapid.TB, text []byte, name string, change func(string) string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	var m evidence.Manifest
	contents := map[string][]byte{}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(in); err != nil {
			t.Fatal(err)
		}
		contents[f.Name] = b.Bytes()
	}
	if err := json.Unmarshal(contents[evidence.ManifestName], &m); err != nil {
		t.Fatal(err)
	}
	before := string(contents[name])
	after := change(before)
	if after == before {
		t.Fatalf("nothing in %s was changed", name)
	}
	contents[name] = []byte(after)
	for i := range m.Entries {
		e := &m.Entries[i]
		sum := sha256.Sum256(contents[e.Name])
		e.Bytes, e.SHA256 = int64(len(contents[e.Name])), hex.EncodeToString(sum[:])
	}
	manifest, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	contents[evidence.ManifestName] = manifest
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range z.File {
		out, err := w.Create(f.Name)
		if err == nil {
			_, err = out.Write(contents[f.Name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What was altered is named although the manifest was made to fit.
func TestVerifyNamesWhatWasAltered(t *testing.T) {
	text := everyMethodEvidence(t, "acme")
	const scan = "scans/01-events-availability"
	replace := func(old, fresh string) func(string) string {
		return func(s string) string { return strings.Replace(s, old, fresh, 1) }
	}
	tests := []struct {
		name, entry string
		change      func(string) string
		want        []string // findings: entry and place
	}{
		{"a value", "results.json", replace(`"state": "breached"`, `"state": "met"`), []string{"results.json results[0].state"}},
		{"a credit", "results.csv", replace("breached", "met"), []string{"results.csv line 2"}},
		{"a window", "windows/0001-events-availability-gold-acme.csv", replace("measured,true", "measured,false"), []string{"windows/0001-events-availability-gold-acme.csv line 10"}},
		{"an exclusion", "exclusions.csv", replace("2026-10-01T00:40:00Z", "2026-10-01T00:50:00Z"), []string{"exclusions.csv line 2"}},
		{"a target", "config.yaml", replace("events.availability: 99.99", "events.availability: 50"), []string{"results.json results[0].target", "results.csv line 2"}},
		{"a maintenance", "config.yaml", replace("2026-10-01T00:40:00Z", "2026-10-01T00:50:00Z"), []string{"results.json results[0].attained", "exclusions.csv line 2"}},
		{"a count", scan + "/counts.csv", replace("T00:45:00Z,10,60,,10\n", "T00:45:00Z,10,60,,1\n"), []string{"results.json results[0].events.bad", scan + "/counts.csv group 1, cell "}},
		{"an increment", scan + "/increments.csv", replace(",10,growth,", ",9,growth,"), []string{scan + "/increments.csv series "}},
		{"a sample", scan + "/increments.csv", replace("02:00Z,20,", "02:00Z,25,"), []string{scan + "/increments.csv series 1 at 2026-10-01T00:02:00Z: increment"}},
		{"a witness", scan + "/increments.csv", replace("birth", "unwitnessed"), []string{scan + "/counts.csv group 1, cell "}},
		{"a cell", scan + "/cells.csv", replace("true", "yes"), []string{"results.json "}},
		{"the configuration's form", "config.yaml", replace("version: 1", "version: one"), []string{"results.json "}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := verify(t, remade(t, text, tt.entry, tt.change)).Findings
			for _, want := range tt.want {
				if !slices.ContainsFunc(got, func(f evidence.Finding) bool { return strings.HasPrefix(f.Entry+" "+f.Place, want) }) {
					t.Errorf("%q is not found: %+v", want, got)
				}
			}
		})
	}
}

// Any digit changed in what follows from the rest is found, and nothing that
// stands in an archive makes verifying it panic.
func TestVerifyFindsEveryDigit(t *testing.T) {
	text := everyMethodEvidence(t, "acme")
	z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom(z.File).Draw(t, "entry")
		if f.Name == evidence.ManifestName || f.Name == evidence.ReadmeName {
			return
		}
		v := verify(t, remade(t, text, f.Name, func(s string) string {
			b := []byte(s)
			i := rapid.IntRange(0, len(b)-1).Draw(t, "at")
			for k := range b { // the next digit
				if at := (i + k) % len(b); b[at] >= '0' && b[at] <= '9' {
					b[at] = '0' + (b[at]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
					return string(b)
				}
			}
			return s + "0"
		}))
		derived := !strings.HasPrefix(f.Name, "scans/") && f.Name != evidence.ConfigName
		if (derived || strings.HasSuffix(f.Name, scanIncrements)) && len(v.Findings) == 0 {
			t.Fatalf("the change in %s is not found", f.Name)
		}
	})
}
