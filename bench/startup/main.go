// Startup compares how long programs take to start. Each argument is a command
// line; they run in turns, so that what else the machine does meets them alike.
// It prints the median of each and its ratio to that of the last one.
//
//	go run ./startup "../slactl version" "promtool --version"
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

func main() {
	rounds := flag.Int("n", 41, "run every command so `often`")
	most := flag.Float64("most", 0, "exit 1 when the ratio of the first command is above this `bound`")
	flag.Parse()
	if flag.NArg() < 2 || *rounds < 1 {
		fmt.Fprintln(os.Stderr, `usage: startup [-n TIMES] [-most RATIO] "COMMAND ARG..." "COMMAND ARG..."`)
		os.Exit(2)
	}
	medians, err := measure(flag.Args(), *rounds)
	if err != nil {
		fmt.Fprintln(os.Stderr, "startup:", err)
		os.Exit(3)
	}
	peer := medians[len(medians)-1]
	for i, m := range medians {
		fmt.Printf("%8.1f ms  %5.2f  %s\n", m.Seconds()*1e3, m.Seconds()/peer.Seconds(), flag.Arg(i))
	}
	if *most > 0 && medians[0].Seconds() > *most*peer.Seconds() {
		os.Exit(1)
	}
}

// measure returns the median time of each command. A first round, which reads the
// programs into memory, does not count.
func measure(commands []string, rounds int) ([]time.Duration, error) {
	times := make([][]time.Duration, len(commands))
	for range rounds + 1 {
		for i, command := range commands {
			words := strings.Fields(command)
			start := time.Now()
			if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
				return nil, fmt.Errorf("running %s: %w\n%s", command, err, out)
			}
			times[i] = append(times[i], time.Since(start))
		}
	}
	medians := make([]time.Duration, len(commands))
	for i, t := range times {
		t = t[1:]
		slices.Sort(t)
		medians[i] = t[len(t)/2]
	}
	return medians, nil
}
