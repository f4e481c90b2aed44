package cli

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/slactl/slactl/internal/demo"
)

// The demo's evidence for one customer says nothing of the others, of costs, or
// of where anything is; and altering it is noticed, signed or not.
func TestExportForACustomerOfTheDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("writes the demo's workspace")
	}
	workspace(t)
	run := func(want int, args ...string) string {
		t.Helper()
		w := newWorld()
		w.Now = demo.End
		if code := w.run(t, args...); code != want {
			t.Fatalf("slactl %v: exit code %d\n%s%s", args, code, w.out.String(), w.err.String())
		}
		return w.out.String()
	}
	run(0, "sla", "export", "--period", "2026-10", "--org", "acme", "-o", "month.zip")
	if out := run(0, "sla", "verify", "month.zip"); !strings.Contains(out, "7 results recomputed to the same digits") || !strings.Contains(out, "not signed") {
		t.Error(out)
	}
	run(0, "sla", "export", "--period", "2026-10-08", "--org", "acme", "--with-samples", "--sign-key-file", "key.pem", "-o", "acme.zip")
	if out := run(0, "sla", "verify", "acme.zip", "--public-key-file", "public.pem"); !strings.Contains(out, "7 results recomputed to the same digits") || !strings.Contains(out, "signed by the given key") {
		t.Error(out)
	}
	foreign := []string{"globex", "hooli", "nakatomi", "initech", "umbrella", "wonka", "stark", "tyrell", "soylent", "tinyco", "vandelay",
		"http:", "https:", "localhost", "blackbox", "prometheus", "http_requests", `code="5`, "billing", "token", "example.com", "silver", "bronze"}
	prices := []string{"9500", "15000", "1600000", "20000", "0.25,"}
	for _, file := range []string{"month.zip", "acme.zip"} {
		entries := unzipped(t, file)
		if len(entries) < 35 {
			t.Fatalf("%s has only %d entries", file, len(entries))
		}
		for name, content := range entries {
			if name == "public_key.pem" || name == "signature.ed25519" {
				continue
			}
			words := foreign
			if name == "config.yaml" {
				words = slices.Concat(foreign, prices)
			}
			content = strings.ToLower(name + "\n" + content)
			for _, word := range words {
				if strings.Contains(content, word) {
					t.Errorf("%s in %s says %q", name, file, word)
				}
			}
		}
	}
	for _, entry := range []string{"results.json", "config.yaml", "exclusions.csv", "windows/0001-availability-availability-gold-acme.csv", "scans/01-availability-availability/increments.csv"} {
		tamper(t, "acme.zip", "altered.zip", entry)
		if out := run(1, "sla", "verify", "altered.zip"); !strings.Contains(out, "✗ "+entry) || !strings.Contains(out, "altered:") {
			t.Errorf("%s: %s", entry, out)
		}
	}
}

func unzipped(t *testing.T, file string) map[string]string {
	t.Helper()
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	out := map[string]string{}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(content)
	}
	return out
}

// tamper copies an archive with the last digit of one entry changed, or a row
// added where there is none.
func tamper(t *testing.T, from, to, entry string) {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range unzipped(t, from) {
		if name == entry {
			i := strings.LastIndexAny(content, "12345678")
			if i < 0 {
				content += "1,availability\n"
			} else {
				content = content[:i] + string(content[i]+1) + content[i+1:]
			}
		}
		out, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(out, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
