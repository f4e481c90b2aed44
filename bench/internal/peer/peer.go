// Package peer compares programs: it runs each contender in a process of its own,
// in turns, so that what else the machine does meets them alike and each has its
// own peak of memory, and prints medians, ratios and the bounds that they keep.
package peer

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Contender is one of those that are compared.
type Contender struct {
	Name string
	// Run does the work once and returns how many samples it read, or 0 if it
	// cannot know. What it sets up before the returned function is called does not
	// count.
	Run func() (func() (int64, error), error)
}

// Result is what a contender took.
type Result struct {
	Name    string
	Time    time.Duration // the median
	Peak    int64         // bytes of resident memory, the most of all runs
	Samples int64
}

// inside names, in a process that runs one contender, which one.
const inside = "SLACTL_BENCH_CONTENDER"

// Compare runs every contender so often, each time in a new process, and returns
// the medians. In such a process it runs the one and does not return.
func Compare(rounds int, all []Contender) ([]Result, error) {
	if name := os.Getenv(inside); name != "" {
		i := slices.IndexFunc(all, func(c Contender) bool { return c.Name == name })
		if err := alone(all[i]); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
			os.Exit(3)
		}
		os.Exit(0)
	}
	times := make([][]time.Duration, len(all))
	out := make([]Result, len(all))
	for range rounds {
		for i, c := range all {
			cmd := exec.Command(os.Args[0], os.Args[1:]...)
			cmd.Env, cmd.Stderr = append(os.Environ(), inside+"="+c.Name), os.Stderr
			text, err := cmd.Output()
			if err != nil {
				return nil, fmt.Errorf("running %s: %w", c.Name, err)
			}
			var one Result
			if err := json.Unmarshal(text, &one); err != nil {
				return nil, fmt.Errorf("running %s: %w", c.Name, err)
			}
			times[i] = append(times[i], one.Time)
			out[i] = Result{c.Name, 0, max(out[i].Peak, one.Peak), one.Samples}
		}
	}
	for i := range out {
		slices.Sort(times[i])
		out[i].Time = times[i][len(times[i])/2]
	}
	return out, nil
}

// alone runs a contender and writes its result for the parent.
func alone(c Contender) error {
	work, err := c.Run()
	if err != nil {
		return err
	}
	start := time.Now()
	samples, err := work()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(Result{Name: c.Name, Time: time.Since(start), Peak: peak(), Samples: samples})
}

// peak returns the most memory that the process has had, where Linux says so.
// What the operating system tells a parent is of the parent as well.
func peak() int64 {
	text, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	kib, _ := strconv.ParseInt(strings.Fields(rest + " 0")[0], 10, 64)
	return kib << 10
}

// Inside reports whether this process runs one contender.
func Inside() bool { return os.Getenv(inside) != "" }

// Bound is a claim about two results: the first takes at most so many times what
// the second does.
type Bound struct {
	Of, By string
	Most   float64
}

// Print writes the results and the bounds, and reports whether all are kept.
// Ratios below 1 are also said the other way round.
func Print(all []Result, bounds []Bound, peaks map[string]int64) bool {
	kept := true
	width := 0
	for _, r := range all {
		width = max(width, len(r.Name))
	}
	fmt.Printf("%-*s  %9s  %8s  %9s  %8s\n", width, "", "time", "samples", "a second", "peak")
	for _, r := range all {
		samples, rate := "-", "-"
		if r.Samples > 0 {
			samples, rate = fmt.Sprintf("%.1f M", float64(r.Samples)/1e6), fmt.Sprintf("%.1f M", float64(r.Samples)/r.Time.Seconds()/1e6)
		}
		limit := ""
		if most := peaks[r.Name]; most > 0 {
			limit = fmt.Sprintf("  at most %d MiB: %s", most>>20, verdict(r.Peak <= most, &kept))
		}
		fmt.Printf("%-*s  %6.0f ms  %8s  %9s  %4d MiB%s\n", width, r.Name, r.Time.Seconds()*1e3, samples, rate, r.Peak>>20, limit)
	}
	find := func(name string) Result {
		return all[slices.IndexFunc(all, func(r Result) bool { return r.Name == name })]
	}
	for _, b := range bounds {
		ratio := find(b.Of).Time.Seconds() / find(b.By).Time.Seconds()
		text := strconv.FormatFloat(ratio, 'f', 2, 64) + " times " + b.By
		bound := fmt.Sprintf("at most %.2f", b.Most)
		if b.Most < 1 {
			text = fmt.Sprintf("%.1f times faster than %s", 1/ratio, b.By)
			bound = fmt.Sprintf("at least %.1f", 1/b.Most)
		}
		fmt.Printf("%s: %s, %s: %s\n", b.Of, text, bound, verdict(ratio <= b.Most, &kept))
	}
	return kept
}

func verdict(ok bool, all *bool) string {
	*all = *all && ok
	if ok {
		return "kept"
	}
	return "NOT KEPT"
}

// Exit ends the program of the given name: with 0 when every bound was kept, 1
// when one was not, and 3, having said why, when nothing could be measured.
func Exit(name string, kept bool, err error) {
	switch {
	case err != nil:
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(3)
	case !kept:
		os.Exit(1)
	}
	os.Exit(0)
}
