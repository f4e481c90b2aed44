package lint

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/slactl/slactl/internal/yamlpos"
)

// baselineSchema names the form of a baseline file.
const baselineSchema = "slactl.lint-baseline/v1"

// Baseline is a list of findings that were there when it was written, so that
// only new ones are reported. A finding is known by its rule, file, key and
// message, and not by its line: it stays known when lines or entries of lists are
// added above it. Of several equal ones as many are known as were counted.
type Baseline struct {
	Schema   string  `json:"schema"`
	Findings []Known `json:"findings"`
}

// Known is a finding of a baseline.
type Known struct {
	Rule    string `json:"rule"`
	File    string `json:"file"` // relative to the baseline, with slashes
	Key     string `json:"key,omitempty"`
	Message string `json:"message"`
	Count   int    `json:"count"`
}

// index is the place of an entry in a list.
var index = lazily(`\[\d+\]`)

// known returns what identifies a finding in a baseline of a directory.
func known(dir string, d yamlpos.Diagnostic) Known {
	file := d.File
	if abs, err := filepath.Abs(file); err == nil {
		if rel, err := filepath.Rel(dir, abs); err == nil {
			file = rel
		}
	}
	return Known{Rule: d.Rule, File: filepath.ToSlash(file), Key: index().ReplaceAllString(d.Key, "[]"), Message: d.Message}
}

// NewBaseline returns the baseline that knows the findings. dir is the directory,
// as an absolute path, that it will stand in.
func NewBaseline(dir string, diags yamlpos.Diagnostics) Baseline {
	counts := map[Known]int{}
	for _, d := range diags {
		counts[known(dir, d)]++
	}
	b := Baseline{Schema: baselineSchema, Findings: []Known{}}
	for k, n := range counts {
		k.Count = n
		b.Findings = append(b.Findings, k)
	}
	slices.SortFunc(b.Findings, func(a, b Known) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Message, b.Message))
	})
	return b
}

// ReadBaseline reads a baseline from its JSON.
func ReadBaseline(text []byte) (Baseline, error) {
	var b Baseline
	if err := json.Unmarshal(text, &b); err != nil {
		return b, fmt.Errorf("it is no baseline: %w", err)
	}
	if b.Schema != baselineSchema {
		return b, fmt.Errorf("its schema is %q, not %s", b.Schema, baselineSchema)
	}
	return b, nil
}

// New returns the findings that the baseline does not know, and how many of those
// that it knows are gone.
func (b Baseline) New(dir string, diags yamlpos.Diagnostics) (fresh yamlpos.Diagnostics, gone int) {
	left := map[Known]int{}
	for _, k := range b.Findings {
		n := k.Count
		k.Count = 0
		left[k] += n
	}
	for _, d := range diags {
		k := known(dir, d)
		if left[k] > 0 {
			left[k]--
			continue
		}
		fresh = append(fresh, d)
	}
	for _, n := range left {
		gone += n
	}
	return fresh, gone
}
