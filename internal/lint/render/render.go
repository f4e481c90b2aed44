// Package render writes the findings about a configuration in the forms that
// people, editors and CI systems read.
package render

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/slactl/slactl/internal/lint"
	"github.com/slactl/slactl/internal/yamlpos"
)

// Report is what a run of the linter found.
type Report struct {
	Version  string   // of slactl
	Files    []string // that were checked, in their order
	Rules    []lint.Rule
	Findings yamlpos.Diagnostics // in the order of the files and lines
}

// Formats are the names of the forms, the default first.
func Formats() []string {
	return []string{"text", "json", "sarif", "github", "junit", "checkstyle"}
}

// Write writes the report in a form.
func (r Report) Write(w io.Writer, format string) error {
	switch format {
	case "text":
		return r.text(w)
	case "json":
		return writeJSON(w, r.summary())
	case "sarif":
		return writeJSON(w, r.sarif())
	case "github":
		return r.github(w)
	case "junit":
		return writeXML(w, r.junit())
	case "checkstyle":
		return writeXML(w, r.checkstyle())
	}
	return fmt.Errorf("writing findings: there is no form %q", format)
}

// text writes each finding with its line and a caret, and counts them.
func (r Report) text(w io.Writer) error {
	if _, err := r.Findings.WriteTo(w); err != nil {
		return err
	}
	line := count(r.Findings.Count(yamlpos.Error), "error") + ", " + count(r.Findings.Count(yamlpos.Warning), "warning")
	if n := r.Findings.Count(yamlpos.Info); n > 0 {
		line += ", " + count(n, "note")
	}
	_, err := fmt.Fprintln(w, line)
	return err
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// summary is the JSON form.
type summary struct {
	Errors   int                 `json:"errors"`
	Warnings int                 `json:"warnings"`
	Findings yamlpos.Diagnostics `json:"findings"`
}

func (r Report) summary() summary {
	s := summary{r.Findings.Count(yamlpos.Error), r.Findings.Count(yamlpos.Warning), r.Findings}
	if s.Findings == nil {
		s.Findings = yamlpos.Diagnostics{}
	}
	return s
}

func writeJSON(w io.Writer, value any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(value)
}

// github writes workflow commands, which GitHub Actions shows beside the lines of
// a pull request.
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
func (r Report) github(w io.Writer) error {
	inData := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	inProperty := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	command := map[yamlpos.Severity]string{yamlpos.Error: "error", yamlpos.Warning: "warning", yamlpos.Info: "notice"}
	for _, d := range r.Findings {
		place := "file=" + inProperty.Replace(filepath.ToSlash(d.File))
		if d.Line > 0 {
			place += fmt.Sprintf(",line=%d,endLine=%d,col=%d,endColumn=%d", d.Line, d.Line, d.Column, endColumn(d))
		}
		if _, err := fmt.Fprintf(w, "::%s %s,title=%s::%s\n", command[d.Severity], place, inProperty.Replace(d.Rule), inData.Replace(sentence(d))); err != nil {
			return err
		}
	}
	return nil
}

// sentence is the message with its hint.
func sentence(d yamlpos.Diagnostic) string {
	if d.Hint == "" {
		return d.Message
	}
	return d.Message + "; " + d.Hint
}

// endColumn is the column after the finding's last character.
func endColumn(d yamlpos.Diagnostic) int {
	return min(d.Column+max(1, d.Length), max(utf8.RuneCountInString(d.Source), d.Column)+1)
}

func writeXML(w io.Writer, value any) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(value); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// The JUnit form: a suite for each file, a case for each finding. A file without
// findings passes. https://github.com/testmoapp/junitxml
type (
	junitReport struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		File    string        `xml:"file,attr,omitempty"`
		Line    int           `xml:"line,attr,omitempty"`
		Failure *junitFailure `xml:"failure,omitempty"`
		Output  string        `xml:"system-out,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

func (r Report) junit() junitReport {
	out := junitReport{Name: "slactl config lint"}
	for _, file := range r.files() {
		name := filepath.ToSlash(file)
		suite := junitSuite{Name: name}
		for _, d := range r.Findings {
			if d.File != file {
				continue
			}
			var text strings.Builder
			_, _ = d.WriteTo(&text) // into memory
			c := junitCase{Name: d.Rule + ": " + d.Message, Class: name, File: name, Line: d.Line}
			if d.Severity == yamlpos.Info { // a note is no failure
				c.Output = text.String()
			} else {
				c.Failure = &junitFailure{Message: d.Message, Type: string(d.Severity), Text: text.String()}
				suite.Failures++
			}
			suite.Cases = append(suite.Cases, c)
		}
		if len(suite.Cases) == 0 {
			suite.Cases = []junitCase{{Name: "config lint", Class: name, File: name}}
		}
		suite.Tests = len(suite.Cases)
		out.Tests, out.Failures = out.Tests+suite.Tests, out.Failures+suite.Failures
		out.Suites = append(out.Suites, suite)
	}
	return out
}

// files lists the files that were checked, and those that findings name beside
// them, such as one that could not be read.
func (r Report) files() []string {
	out := append([]string(nil), r.Files...)
	known := map[string]bool{}
	for _, f := range out {
		known[f] = true
	}
	for _, d := range r.Findings {
		if !known[d.File] {
			known[d.File] = true
			out = append(out, d.File)
		}
	}
	return out
}

// The Checkstyle form. https://checkstyle.org/config.html
type (
	checkstyleReport struct {
		XMLName xml.Name         `xml:"checkstyle"`
		Version string           `xml:"version,attr"`
		Files   []checkstyleFile `xml:"file"`
	}
	checkstyleFile struct {
		Name   string            `xml:"name,attr"`
		Errors []checkstyleError `xml:"error"`
	}
	checkstyleError struct {
		Line     int    `xml:"line,attr,omitempty"`
		Column   int    `xml:"column,attr,omitempty"`
		Severity string `xml:"severity,attr"`
		Message  string `xml:"message,attr"`
		Source   string `xml:"source,attr"`
	}
)

func (r Report) checkstyle() checkstyleReport {
	out := checkstyleReport{Version: "4.3"}
	for _, file := range r.files() {
		f := checkstyleFile{Name: filepath.ToSlash(file)}
		for _, d := range r.Findings {
			if d.File == file {
				f.Errors = append(f.Errors, checkstyleError{d.Line, d.Column, string(d.Severity), sentence(d), "slactl." + d.Rule})
			}
		}
		out.Files = append(out.Files, f)
	}
	return out
}
