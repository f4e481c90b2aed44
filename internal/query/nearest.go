package query

import (
	"sort"
	"strings"
)

// maxNearest is how many names [Nearest] suggests.
const maxNearest = 3

// Nearest returns at most three of the names that somebody who wrote name may
// have meant, the nearest first: names with few letters different, and names
// that contain it or are contained in it word by word, as http_requests is in
// http_requests_total. It serves metric names and label values alike.
func Nearest(name string, names []string) []string {
	type candidate struct {
		name     string
		distance int
	}
	var near []candidate
	for _, n := range names {
		if n == name || n == "" {
			continue
		}
		d := distance(strings.ToLower(name), strings.ToLower(n))
		if d <= 1+len(name)/4 {
			near = append(near, candidate{n, d})
		} else if contains(words(n), words(name)) || contains(words(name), words(n)) {
			near = append(near, candidate{n, 2 + len(name)/4 + d})
		}
	}
	sort.SliceStable(near, func(i, j int) bool {
		if near[i].distance != near[j].distance {
			return near[i].distance < near[j].distance
		}
		return near[i].name < near[j].name
	})
	var out []string
	for _, c := range near[:min(maxNearest, len(near))] {
		out = append(out, c.name)
	}
	return out
}

func words(name string) []string {
	return strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune("_:.-/ ", r) })
}

// contains reports whether all words of the second list are in the first.
func contains(all, some []string) bool {
	set := map[string]bool{}
	for _, w := range all {
		set[w] = true
	}
	for _, w := range some {
		if !set[w] {
			return false
		}
	}
	return len(some) > 0
}

// distance is the least number of letters to insert, remove, replace or swap
// with their neighbour to turn a into b (optimal string alignment).
func distance(a, b string) int {
	before, last, now := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			now[j] = min(last[j]+1, now[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], before[j-2]+1)
			}
		}
		before, last, now = last, now, before
	}
	return last[len(b)]
}
