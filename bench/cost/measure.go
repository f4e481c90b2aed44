package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// contender is a command. An exact one prints the sums to the last digit.
type contender struct {
	name  string
	argv  []string
	exact bool
}

// result is what a contender took: medians, and the most memory of all rounds.
type result struct {
	name      string
	time, cpu time.Duration
	peak      int64
}

// measure runs the contenders in turns, after a round that warms the cache.
func measure(rounds int, all []contender) ([]result, error) {
	out := make([]result, len(all))
	times, cpus := make([][]time.Duration, len(all)), make([][]time.Duration, len(all))
	var truth, truthOf string
	for round := range rounds + 1 {
		for i, c := range all {
			r, sum, err := execute(c)
			if err != nil {
				return nil, fmt.Errorf("running %s: %w", c.name, err)
			}
			if c.exact && truth != "" && sum != truth {
				return nil, fmt.Errorf("%s and %s answer differently", c.name, truthOf)
			}
			if c.exact {
				truth, truthOf = sum, c.name
			}
			if round > 0 {
				times[i], cpus[i] = append(times[i], r.time), append(cpus[i], r.cpu)
				out[i].peak = max(out[i].peak, r.peak)
			}
		}
	}
	for i, c := range all {
		out[i].name, out[i].time, out[i].cpu = c.name, median(times[i]), median(cpus[i])
	}
	return out, nil
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

// execute runs a contender and returns the digest of what it prints. What is not
// exact writes where nothing stands between it and nowhere.
func execute(c contender) (result, string, error) {
	cmd := exec.Command(c.argv[0], c.argv[1:]...)
	cmd.Stderr = os.Stderr
	var answer bytes.Buffer
	if c.exact {
		cmd.Stdout = &answer
	}
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return result{}, "", err
	}
	r := result{time: time.Since(start), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.peak = usage.Maxrss << 10
	}
	lines := strings.Split(answer.String(), "\n")
	slices.Sort(lines)
	return r, fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(lines, "\n")))), nil
}

// bound is a claim: one contender takes at most so many times what another does.
type bound struct {
	of, by string
	most   float64
}

// maxPeak is the most memory that slactl may have.
const maxPeak = 200 << 20

// report prints the results and the bounds, and reports whether all are kept.
func report(all []result, rows int, bounds []bound) bool {
	fmt.Printf("%-32s  %9s  %9s  %9s  %8s\n", fmt.Sprintf("%.1f M rows", float64(rows)/1e6), "time", "processor", "rows/s", "peak")
	for _, r := range all {
		fmt.Printf("%-32s  %6.0f ms  %6.0f ms  %7.1f M  %4d MiB\n", r.name, r.time.Seconds()*1e3, r.cpu.Seconds()*1e3, float64(rows)/r.time.Seconds()/1e6, r.peak>>20)
	}
	kept := true
	find := func(name string) result {
		return all[slices.IndexFunc(all, func(r result) bool { return r.name == name })]
	}
	for _, b := range bounds {
		of, by := find(b.of), find(b.by)
		kept = verdict(fmt.Sprintf("%s beside %s: %.2f times the time (%.2f times the processor's)", b.of, b.by, ratio(of.time, by.time), ratio(of.cpu, by.cpu)),
			fmt.Sprint(b.most), ratio(of.time, by.time) <= b.most) && kept
	}
	for _, r := range all {
		if strings.HasPrefix(r.name, "slactl") {
			kept = verdict(fmt.Sprintf("%s: %d MiB", r.name, r.peak>>20), fmt.Sprintf("%d MiB", maxPeak>>20), r.peak < maxPeak) && kept
		}
	}
	return kept
}

func verdict(claim, most string, ok bool) bool {
	word := "kept"
	if !ok {
		word = "NOT KEPT"
	}
	fmt.Printf("%s, at most %s: %s\n", claim, most, word)
	return ok
}

func ratio(a, b time.Duration) float64 { return a.Seconds() / b.Seconds() }
