package config_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/yamlpos"
)

var update = flag.Bool("update", false, "rewrite the expected diagnostics in testdata")

// environment is what the tests' configurations may refer to.
func environment(name string) (string, bool) {
	v, ok := map[string]string{
		"BILLING_DSN":    "postgres://reader:hunter2@db/bills",
		"PROMETHEUS_URL": "http://prometheus:9090",
		"BROKEN_URL":     "ftp://reader:hunter2@host",
		"EMPTY":          "",
	}[name]
	return v, ok
}

// parse reads a configuration that must have no errors.
func parse(t testing.TB, text string) *config.Config {
	t.Helper()
	cfg, diags := config.Parse("slactl.yaml", []byte(text), environment)
	if diags.HasErrors() {
		var b strings.Builder
		_, _ = diags.WriteTo(&b)
		t.Fatalf("the configuration has errors:\n%s", b.String())
	}
	return cfg
}

// Each archive holds the files of a configuration and the diagnostics that
// loading them gives, as they are printed.
func TestDiagnostics(t *testing.T) {
	archives, err := filepath.Glob("testdata/diagnostics/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no test data", err)
	}
	for _, archive := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(archive), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(archive)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			var files []string
			want := len(ar.Files) - 1
			for _, f := range ar.Files[:want] {
				name := filepath.Join(dir, f.Name)
				if err := os.WriteFile(name, f.Data, 0o644); err != nil {
					t.Fatal(err)
				}
				if filepath.Ext(name) == ".yaml" {
					files = append(files, name)
				}
			}
			_, diags := config.Load(files, environment)
			var b strings.Builder
			if _, err := diags.WriteTo(&b); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(b.String(), "hunter2") {
				t.Error("a secret from the environment is printed")
			}
			got := strings.ReplaceAll(b.String(), dir+string(filepath.Separator), "")
			if *update {
				ar.Files[want].Data = []byte(got)
				if err := os.WriteFile(archive, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(ar.Files[want].Data), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExampleLoads(t *testing.T) {
	cfg, diags := config.Load([]string{"testdata/slactl.example.yaml"}, environment)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	if n := len(cfg.SLADefinitions); n != 7 {
		t.Errorf("%d SLAs, want 7", n)
	}
	if pos := cfg.Pos("sla_definitions.availability.target").String(); pos != "testdata/slactl.example.yaml:45:13" {
		t.Errorf("the target stands at %s", pos)
	}
	if got := string(cfg.Sources.Billing[1].Postgres.DSN); got != "postgres://reader:hunter2@db/bills" {
		t.Errorf("the DSN is %q", got)
	}
}

// A machine that checks the example need not know its database.
func TestExampleLoadsWithoutEnvironment(t *testing.T) {
	_, diags := config.Load([]string{"testdata/slactl.example.yaml"}, func(string) (string, bool) { return "", false })
	if diags.HasErrors() || diags.Count(yamlpos.Warning) > 0 {
		t.Error(diags)
	}
}

// Three blocks on their own (SLAs, tiers, alerting) load unmodified, each alone and all
// together, by name and as a directory.
func TestSeedBlocksLoad(t *testing.T) {
	files, err := filepath.Glob("testdata/seed/*.yaml")
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	for _, paths := range [][]string{files[:1], files[1:2], files[2:], files, {"testdata/seed"}} {
		cfg, diags := config.Load(paths, environment)
		if len(diags) > 0 {
			t.Errorf("%v: %v", paths, diags)
		}
		if len(paths) == 3 && (len(cfg.SLADefinitions) != 3 || len(cfg.ServiceTiers) != 3 || len(cfg.Alerting.EscalationRules) != 3) {
			t.Errorf("%v: blocks are missing: %+v", paths, cfg)
		}
	}
}

func TestFilesAreFound(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ path, want string }{
		{filepath.Join(dir, "slactl.yaml"), "no such file"},
		{empty, "holds no .yaml"},
	}
	for _, tt := range tests {
		_, diags := config.Load([]string{tt.path}, environment)
		if len(diags) != 1 || !strings.Contains(diags[0].Message, tt.want) || diags[0].Hint == "" || diags[0].File != tt.path {
			t.Errorf("%s: got %v, want %q with a hint", tt.path, diags, tt.want)
		}
	}
}

func TestPathsStartAtTheirFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	a := write("metrics/a.yaml", "sources: {metrics: {prometheus: {url: http://localhost, http: {authorization: {credentials_file: token}}}}}\n")
	b := write("bills/b.yaml", "sources: {billing: [{name: cloud, format: focus, path: '2026/**/*.csv'}, {name: s3, format: focus, path: 's3://bucket/x/**'}]}\n")
	cfg, diags := config.Load([]string{a, b}, environment)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	if got, want := string(cfg.Sources.Billing[0].Path), filepath.Join(dir, "bills/2026/**/*.csv"); got != want {
		t.Errorf("path is %s, want %s", got, want)
	}
	if got := string(cfg.Sources.Billing[1].Path); got != "s3://bucket/x/**" {
		t.Errorf("the address became %s", got)
	}
	if got, want := string(cfg.Sources.Metrics[0].Prometheus.HTTP), "credentials_file: "+filepath.Join(dir, "metrics/token"); !strings.Contains(got, want) {
		t.Errorf("http is %s, want %s in it", got, want)
	}
}

func TestOrganizationsFile(t *testing.T) {
	dir := t.TempDir()
	csv := "id,name,tier,monthly_fee,currency,since,attributes.size\nacme,\"Acme, Inc.\",gold,12000.00,USD,2026-03-01,large\nglobex,,silver,,,,\n"
	if err := os.WriteFile(filepath.Join(dir, "orgs.csv"), []byte(csv), 0o644); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "slactl.yaml")
	if err := os.WriteFile(file, []byte("organizations: {label: org, file: orgs.csv}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cfg, diags := config.Load([]string{file}, environment)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	list := cfg.Organizations.List
	if len(list) != 2 || list[0].Name != "Acme, Inc." || list[0].MonthlyFee.String() != "12000.00" || list[0].Since.String() != "2026-03-01" ||
		list[0].Attributes["size"] != "large" || list[1].Tier != "silver" || list[1].MonthlyFee != nil {
		t.Errorf("got %+v", list)
	}
	if pos := cfg.Pos("organizations.list[1].tier"); pos.Line != 3 || filepath.Base(pos.File) != "orgs.csv" {
		t.Errorf("globex's tier stands at %s", pos)
	}
}

func TestShow(t *testing.T) {
	cfg, diags := config.Load([]string{"testdata/slactl.example.yaml"}, environment)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	var shown bytes.Buffer
	if err := cfg.Show(&shown); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"dsn: <secret> # from ${BILLING_DSN}\n", "X-Scope-OrgID: <secret>\n", "max_gap: 5m # default\n",
		"    measurement_window: 5m\n", "idle: met # default\n", "no_data: excluded # default\n"} {
		if !strings.Contains(shown.String(), want) {
			t.Errorf("%q is missing in\n%s", want, shown.String())
		}
	}
	if strings.Contains(shown.String(), "hunter2") {
		t.Error("a secret is shown")
	}
	again, diags := config.Parse("shown.yaml", shown.Bytes(), environment)
	if len(diags) > 0 {
		t.Fatalf("what is shown does not load: %v", diags)
	}
	for i, e := range cfg.SLADefinitions {
		if diff := cmp.Diff(cfg.Expand(e), again.Expand(again.SLADefinitions[i]), cmp.Comparer(sameText)); diff != "" {
			t.Errorf("%s means something else when loaded again: %s", e.Key, diff)
		}
	}
}

// A secret is in no text that a value can be turned into by accident.
func TestSecretsAreNotPrinted(t *testing.T) {
	cfg := parse(t, "sources: {billing: [{name: db, format: focus, postgres: {dsn: '${BILLING_DSN}', table: focus}}]}")
	dsn := cfg.Sources.Billing[0].Postgres.DSN
	for _, format := range []string{"%v", "%s", "%q", "%+v", "%#v"} {
		if text := fmt.Sprintf(format, struct{ DSN config.Secret }{dsn}); strings.Contains(text, "hunter2") {
			t.Errorf("%s prints %s", format, text)
		}
	}
	if text, err := json.Marshal(dsn); err != nil || strings.Contains(string(text), "hunter2") {
		t.Errorf("JSON has %s, %v", text, err)
	}
}

func TestDigest(t *testing.T) {
	base := "name: a\nsources: {metrics: {prometheus: {url: '${PROMETHEUS_URL}', headers: {X-Token: one}}}}\n"
	digest := parse(t, base).Digest()
	if len(digest) != 64 {
		t.Fatalf("%q is no SHA-256", digest)
	}
	same := []string{base + "# a comment\n", strings.ReplaceAll(base, "one", "two"), strings.Replace(base, "name: a", "name:   'a'", 1)}
	for _, text := range same[:2] {
		if parse(t, text).Digest() != digest {
			t.Errorf("the digest depends on a comment or a secret: %s", text)
		}
	}
	if parse(t, strings.Replace(base, "name: a", "name: b", 1)).Digest() == digest {
		t.Error("another name has the same digest")
	}
}

// Loading ends, without a panic, whatever the files hold; and what has no errors
// can be expanded, shown, and loaded again.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/*.yaml", "testdata/seed/*.yaml"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Add([]byte("sla_definitions: {a: {objectives: [{name: x, quantile: 0.5, at_most: 3, indicator: {histogram: h_ms}}]}}"))
	f.Add([]byte("maintenance: [{start: 2026-01-01T00:00, duration: 1h}]\norganizations: {list: [{id: a, history: [{until: 2026-01-01}]}]}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		cfg, diags := config.Parse("fuzz.yaml", text, environment)
		for _, e := range cfg.SLADefinitions {
			cfg.Expand(e)
		}
		cfg.NotYet()
		cfg.Digest()
		var shown bytes.Buffer
		if err := cfg.Show(&shown); err != nil {
			t.Fatal(err)
		}
		if diags.HasErrors() {
			return
		}
		if _, diags := config.Parse("shown.yaml", shown.Bytes(), environment); diags.HasErrors() {
			t.Errorf("what is shown does not load: %v\n%s", diags, shown.Bytes())
		}
	})
}
