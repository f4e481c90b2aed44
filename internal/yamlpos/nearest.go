package yamlpos

import "strings"

// Nearest returns the candidate that a misspelt word most likely meant: the one
// with the fewest inserted, deleted, replaced or swapped letters, ignoring case,
// if those are at most a third of the word; else one that it begins.
func Nearest(word string, candidates []string) (string, bool) {
	best, bestDistance := "", len(word)/3+1
	for _, c := range candidates {
		if max(len(c)-len(word), len(word)-len(c)) > bestDistance || len(word) > 100 {
			continue // further apart than the lengths differ, or no word
		}
		if d := distance(strings.ToLower(word), strings.ToLower(c)); d < bestDistance || (d == bestDistance && best == "" && d <= 1) {
			best, bestDistance = c, d
		}
	}
	for _, c := range candidates {
		if best == "" && len(word) > 2 && strings.HasPrefix(c, word) {
			best = c
		}
	}
	return best, best != ""
}

// DidYouMean returns a hint that names the nearest candidate, or else all of
// them after the given words.
func DidYouMean(word string, candidates []string, otherwise string) string {
	if c, ok := Nearest(word, candidates); ok {
		return "did you mean " + c + "?"
	}
	if len(candidates) == 0 {
		return ""
	}
	return otherwise + " " + strings.Join(candidates, ", ")
}

// distance is the restricted Damerau-Levenshtein distance in bytes.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replace := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, replace)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
