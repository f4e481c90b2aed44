// Lint compares how long slactl takes to check a large configuration with how long
// promtool takes to check the syntax of as many rules about the same metrics. Both
// run in turns, so that what else the machine does meets them alike, and the median
// counts.
//
//	go run ./lint ../slactl promtool
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	files := flag.Int("files", 500, "how many files")
	each := flag.Int("each", 20, "how many definitions in each")
	rounds := flag.Int("n", 11, "run both so `often`")
	most := flag.Duration("most", time.Second, "exit 1 when slactl takes longer than this")
	flag.Parse()
	if flag.NArg() != 2 {
		fmt.Fprintln(os.Stderr, "usage: lint [flags] SLACTL PROMTOOL")
		os.Exit(2)
	}
	if err := run(*files, *each, *rounds, *most, flag.Arg(0), flag.Arg(1)); err != nil {
		fmt.Fprintln(os.Stderr, "lint:", err)
		os.Exit(1)
	}
}

func run(files, each, rounds int, most time.Duration, slactl, promtool string) error {
	dir, err := os.MkdirTemp("", "lint")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := write(dir, files, each); err != nil {
		return err
	}
	rules, err := filepath.Glob(filepath.Join(dir, "rules", "*.yaml"))
	if err != nil {
		return err
	}
	ours, theirs := []time.Duration{}, []time.Duration{}
	for range rounds + 1 { // the first round reads everything into memory
		a, err := timed(exec.Command(slactl, "config", "lint", filepath.Join(dir, "slactl")))
		if err != nil {
			return err
		}
		b, err := timed(exec.Command(promtool, append([]string{"check", "rules", "--lint=none"}, rules...)...))
		if err != nil {
			return err
		}
		ours, theirs = append(ours, a), append(theirs, b)
	}
	a, b := median(ours[1:]), median(theirs[1:])
	fmt.Printf("%d definitions in %d files\n%8.0f ms  slactl config lint\n%8.0f ms  promtool check rules  (%.1f)\n",
		files*each, files, a.Seconds()*1e3, b.Seconds()*1e3, a.Seconds()/b.Seconds())
	if a > most {
		return fmt.Errorf("slactl took %s, more than %s", a, most)
	}
	return nil
}

func timed(cmd *exec.Cmd) (time.Duration, error) {
	start := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("running %s: %w\n%s", cmd.Args[0], err, out[:min(len(out), 2000)])
	}
	return time.Since(start), nil
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

// write writes the same definitions twice: as SLAs, and as recording rules of
// their ratios.
func write(dir string, files, each int) error {
	for _, sub := range []string{"slactl", "rules"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return err
		}
	}
	for f := range files {
		var slas, rules strings.Builder
		if f == 0 {
			slas.WriteString("sources: {metrics: {prometheus: {url: 'http://localhost:9090'}}}\n")
		}
		slas.WriteString("sla_definitions:\n")
		fmt.Fprintf(&rules, "groups:\n- name: group%d\n  rules:\n", f)
		for i := range each {
			n := f*each + i
			total, bad := fmt.Sprintf(`http_requests_total{job="service-%d"}`, n), fmt.Sprintf(`http_requests_total{job="service-%d",code=~"5.."}`, n)
			fmt.Fprintf(&slas, `  service_%d:
    title: Service %d
    target: 99.9
    measurement_window: 5m
    evaluation_window: 1h
    grace_period: 10m
    severity: critical
    impact: business
    indicator:
      total: %s
      bad: %s
`, n, n, total, bad)
			fmt.Fprintf(&rules, "  - record: service_%d:errors:ratio_rate5m\n    expr: sum(rate(%s[5m])) / sum(rate(%s[5m]))\n    labels: {severity: critical, impact: business, title: Service %d}\n", n, bad, total, n)
		}
		for path, text := range map[string]string{"slactl": slas.String(), "rules": rules.String()} {
			if err := os.WriteFile(filepath.Join(dir, path, fmt.Sprintf("f%04d.yaml", f)), []byte(text), 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}
