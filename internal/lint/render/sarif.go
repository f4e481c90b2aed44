package render

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/slactl/slactl/internal/lint"
	"github.com/slactl/slactl/internal/yamlpos"
)

// The Static Analysis Results Interchange Format, version 2.1.0.
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID            string      `json:"id"`
		Short         sarifText   `json:"shortDescription"`
		Full          sarifText   `json:"fullDescription"`
		Help          sarifText   `json:"help"`
		Configuration sarifConfig `json:"defaultConfiguration"`
	}
	sarifConfig struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    *int              `json:"ruleIndex,omitempty"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Fixes        []sarifFix        `json:"fixes,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
	sarifRegion struct {
		StartLine   int        `json:"startLine"`
		StartColumn int        `json:"startColumn"`
		EndLine     int        `json:"endLine"`
		EndColumn   int        `json:"endColumn"`
		Snippet     *sarifText `json:"snippet,omitempty"`
	}
	sarifFix struct {
		Description sarifText     `json:"description"`
		Changes     []sarifChange `json:"artifactChanges"`
	}
	sarifChange struct {
		Artifact     sarifArtifact      `json:"artifactLocation"`
		Replacements []sarifReplacement `json:"replacements"`
	}
	sarifReplacement struct {
		Deleted  sarifRegion `json:"deletedRegion"`
		Inserted *sarifText  `json:"insertedContent,omitempty"`
	}
)

func (r Report) sarif() sarifLog {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "slactl", Version: r.Version, Rules: []sarifRule{}}
	place := map[string]int{}
	for i, rule := range r.Rules {
		place[rule.Name] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{ID: rule.Name, Short: sarifText{Text: rule.Summary},
			Full: sarifText{Text: rule.Why}, Help: sarifText{Text: rule.Remedy, Markdown: help(rule)}, Configuration: sarifConfig{level(rule.Severity)}})
	}
	for _, d := range r.Findings {
		result := sarifResult{RuleID: d.Rule, Level: level(d.Severity), Message: sarifText{Text: sentence(d)}, Locations: []sarifLocation{location(d)},
			Fingerprints: map[string]string{"slactl/v1": fingerprint(d)}}
		if i, ok := place[d.Rule]; ok {
			result.RuleIndex = &i
		}
		if !d.Fix.IsZero() && !strings.HasSuffix(d.Fix.Text, "\n") && d.Fix.Column+d.Fix.Length <= len([]rune(d.Source))+1 {
			result.Fixes = []sarifFix{fix(d)}
		}
		run.Results = append(run.Results, result)
	}
	return sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}}
}

// level is the word of SARIF for a severity.
func level(s yamlpos.Severity) string {
	if s == yamlpos.Info {
		return "note"
	}
	return string(s)
}

// help explains a rule in Markdown.
func help(r lint.Rule) string {
	return r.Why + "\n\n" + r.Remedy + "\n\nReported:\n\n```yaml\n" + r.BadExample() + "```\n\nNot reported:\n\n```yaml\n" + r.GoodExample() + "```\n"
}

func location(d yamlpos.Diagnostic) sarifLocation {
	out := sarifLocation{Physical: sarifPhysical{Artifact: sarifArtifact{fileURI(d.File)}}}
	if d.Line > 0 {
		out.Physical.Region = &sarifRegion{StartLine: d.Line, StartColumn: d.Column, EndLine: d.Line, EndColumn: endColumn(d)}
		if d.Source != "" {
			text := []rune(d.Source)
			out.Physical.Region.Snippet = &sarifText{Text: string(text[min(d.Column-1, len(text)):min(endColumn(d)-1, len(text))])}
		}
	}
	if d.Key != "" {
		out.Logical = []sarifLogical{{d.Key, "member"}}
	}
	return out
}

// fileURI writes a path as SARIF has it: relative to where the command ran, or
// with its scheme.
func fileURI(path string) string {
	u := url.URL{Path: filepath.ToSlash(path)}
	if filepath.IsAbs(path) {
		u.Scheme = "file"
		if !strings.HasPrefix(u.Path, "/") { // C:/
			u.Path = "/" + u.Path
		}
	}
	return strings.TrimPrefix(u.String(), "./")
}

// fingerprint identifies a finding across commits: by its rule, file, key and
// message, and not by its line.
func fingerprint(d yamlpos.Diagnostic) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{d.Rule, filepath.ToSlash(d.File), d.Key, d.Message}, "\x00")))
	return hex.EncodeToString(sum[:16])
}

func fix(d yamlpos.Diagnostic) sarifFix {
	e := d.Fix
	r := sarifReplacement{Deleted: sarifRegion{StartLine: e.Line, StartColumn: e.Column, EndLine: e.Line, EndColumn: e.Column + e.Length}}
	if e.Text != "" {
		r.Inserted = &sarifText{Text: e.Text}
	}
	text := d.Hint
	if text == "" {
		text = "write " + e.Text
	}
	return sarifFix{sarifText{Text: text}, []sarifChange{{sarifArtifact{fileURI(e.File)}, []sarifReplacement{r}}}}
}
