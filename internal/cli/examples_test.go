package cli

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/demo"
	"github.com/slactl/slactl/internal/query/prom/promtest"
)

// notRun are the examples that the test does not run, and why.
var notRun = map[string]string{
	"slactl demo serve":                                            "serves until it is interrupted; TestDemoServe does it",
	"slactl demo serve --listen 127.0.0.1:9101":                    "serves until it is interrupted; TestDemoServe does it",
	"curl -X POST 'http://127.0.0.1:9100/outage?tier=gold&for=5m'": "asks a server; TestDemoServe does it",
	"slactl demo":                                    "takes seconds, and is the workspace in which the others run; demo.txtar runs it",
	"slactl demo /tmp/company":                       "takes seconds; demo.txtar runs it",
	"slactl man /usr/local/share/man/man1":           "writes to the system; generate.txtar writes elsewhere",
	"slactl init --prometheus http://localhost:9090": "asks on a terminal; TestInitAsks answers",
	`slactl init --prometheus http://localhost:9090 --preset istio --match '{destination_service_name="api"}'`: "asks on a terminal; TestInitAsks answers",
	"slactl completion bash > /etc/bash_completion.d/slactl":                                                   "writes to the system; generate.txtar writes elsewhere",
	"slactl sla explain availability --group service=search --period 2026-10":                                  "the demo has no group_by; explain.txtar explains a group",
	`slactl completion zsh > "${fpath[1]}/_slactl"`:                                                            "writes to the system; generate.txtar writes elsewhere",
	"slactl completion fish > ~/.config/fish/completions/slactl.fish":                                          "writes to the system; generate.txtar writes elsewhere",
}

// Every example of every help text, and every slactl command of the README, is
// run in the workspace of the demo, on the day after its month.
func TestExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("writes the demo's workspace")
	}
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := workspace(t)
	server := promtest.Serve(t, filepath.Join(dir, "prometheus"))
	unused := map[string]bool{}
	for example := range notRun {
		unused[example] = true
	}
	ran := map[string]bool{}
	for _, example := range append(examplesOf(newRoot(&app{Env: newWorld().Env})), shellBlocks(string(readme))...) {
		if delete(unused, example); notRun[example] != "" || ran[example] {
			continue
		}
		ran[example] = true
		t.Run(example, func(t *testing.T) {
			line := strings.ReplaceAll(example, "http://localhost:9090", server)
			words := splitWords(line)
			if words[0] != "slactl" {
				t.Fatalf("the example runs %s; say in notRun why it cannot be run", words[0])
			}
			if words[1] == "init" {
				words = append(words, "--out", "new.yaml") // the workspace has a slactl.yaml
			}
			w := newWorld()
			w.Now = demo.End
			code := w.run(t, words[1:]...)
			if bad := strings.Contains(example, "--fail-on"); code != 0 && (!bad || code != 1) {
				t.Errorf("exit code %d\n%s", code, w.err.String())
			}
			if strings.Contains(w.err.String(), "nothing to show") || strings.Contains(w.err.String(), "no charge falls") {
				t.Errorf("the example shows nothing: %s", w.err.String())
			}
		})
	}
	for example := range unused {
		t.Errorf("notRun names %q, which is no example", example)
	}
}

// workspace is a demo with what the examples name besides, as the working
// directory.
func workspace(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "demo")
	if _, err := demo.Write(t.Context(), dir, func(string, int, int) {}); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	for name, text := range map[string]string{
		"base.yaml":                            "version: 1\nsources: {metrics: {blocks: prometheus}}\n",
		"tiers.yaml":                           "reports: {quarterly: {title: Quarterly report}}\n",
		"model_prices_and_context_window.json": `{"gpt-4o": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05}}`,
		"sloth.yaml":                           sloth,
		"slo.yaml":                             fmt.Sprintf(pyrra, "errors"),
		"latency.yaml":                         fmt.Sprintf(pyrra, "more-errors"),
		"incidents.csv":                        "organization,start,end,sla,note\nacme,2026-10-08 10:20,2026-10-08 11:07,availability,ticket 81\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeKeys("key.pem", "public.pem"); err != nil {
		t.Fatal(err)
	}
	cfg, err := os.ReadFile("slactl.yaml")
	if err != nil {
		t.Fatal(err)
	}
	cfg = []byte(strings.Replace(string(cfg), "sources:\n", "sources:\n  history: {path: history}\n", 1))
	if err := os.WriteFile("slactl.yaml", cfg, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"report", "daily", "--format", "json", "--out", "results.json"}, {"record", "--backfill", "2d"}} {
		w := newWorld()
		w.Now = demo.End
		if code := w.run(t, args...); code != 0 {
			t.Fatalf("slactl %v: exit code %d\n%s", args, code, w.err.String())
		}
	}
	return dir
}

// sloth and pyrra are objectives of other tools.
const (
	sloth = `version: prometheus/v1
service: api
slos:
  - name: availability
    objective: 99.9
    sli: {events: {error_query: 'sum(rate(errors_total[{{.window}}]))', total_query: 'sum(rate(requests_total[{{.window}}]))'}}
`
	pyrra = `apiVersion: pyrra.dev/v1alpha1
kind: ServiceLevelObjective
metadata: {name: %s}
spec: {target: "99", indicator: {ratio: {errors: {metric: 'errors_total'}, total: {metric: 'requests_total'}}}}
`
)

// writeKeys makes an Ed25519 key as `openssl genpkey` and `openssl pkey -pubout`
// write it.
func writeKeys(private, public string) error {
	pub, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	open, err2 := x509.MarshalPKIXPublicKey(pub)
	return errors.Join(err, err2,
		os.WriteFile(private, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600),
		os.WriteFile(public, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: open}), 0o600))
}

// examplesOf lists the examples of a command and those below it, each once.
func examplesOf(root *cobra.Command) []string {
	var out []string
	seen := map[string]bool{}
	for _, cmd := range commandTree(root) {
		for line := range strings.Lines(cmd.Example) {
			if line = strings.TrimSpace(line); line != "" && !seen[line] {
				seen[line] = true
				out = append(out, line)
			}
		}
	}
	return out
}

// shellBlocks lists the slactl commands in the ```sh blocks of a page.
func shellBlocks(page string) []string {
	var out []string
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(page, -1) {
		for line := range strings.Lines(block[1]) {
			line, _, _ = strings.Cut(line, " #")
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "slactl ") {
				out = append(out, line)
			}
		}
	}
	return out
}

// splitWords splits a command line as a shell does, with single and double quotes.
func splitWords(line string) []string {
	var out []string
	for _, m := range regexp.MustCompile(`'([^']*)'|"([^"]*)"|(\S+)`).FindAllStringSubmatch(line, -1) {
		out = append(out, m[1]+m[2]+m[3])
	}
	return out
}
