package render_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/lint"
	"github.com/slactl/slactl/internal/lint/render"
	"github.com/slactl/slactl/internal/yamlpos"
)

// everything is a report with the findings about the bad example of each rule.
func everything(t *testing.T) render.Report {
	t.Helper()
	r := render.Report{Version: "1.0", Rules: lint.Rules()}
	for _, rule := range r.Rules {
		name := "config/" + rule.Name + " (bad).yaml"
		cfg, diags := config.Parse(name, []byte(rule.Bad), func(name string) (string, bool) { return "x", name != "UNSET" })
		if !diags.HasErrors() {
			diags = append(diags, lint.Run(cfg, r.Rules)...)
		}
		r.Files, r.Findings = append(r.Files, name), append(r.Findings, diags...)
	}
	_, missing := config.Load([]string{"no such file.yaml"}, os.LookupEnv)
	r.Findings = append(r.Findings, missing...) // about no line
	return r
}

func write(t *testing.T, r render.Report, format string) string {
	t.Helper()
	var b strings.Builder
	if err := r.Write(&b, format); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// testdata/sarif-schema-2.1.0.json is the schema of OASIS.
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json
func TestSARIFIsValid(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]render.Report{"every rule": everything(t), "nothing": {Rules: lint.Rules()}, "no version and no rules": {}} {
		text := write(t, r, "sarif")
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The schema is not one that takes everything.
func TestSARIFSchemaRefuses(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	text := write(t, everything(t), "sarif")
	for _, broken := range []string{
		strings.ReplaceAll(text, `"level": "note"`, `"level": "info"`),
		strings.ReplaceAll(text, `"startLine": 1,`, `"startLine": 0,`),
		strings.ReplaceAll(text, `"name": "slactl",`, ``),
	} {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(broken))
		if err != nil {
			t.Fatal(err)
		}
		if broken == text || schema.Validate(doc) == nil {
			t.Error("the schema takes what is broken")
		}
	}
}

// Each result names its rule by id and index, says where, and keeps its
// fingerprint when lines are added above it.
func TestSARIFResults(t *testing.T) {
	type log struct {
		Runs []struct {
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Results []struct {
				RuleID              string
				RuleIndex           int
				PartialFingerprints map[string]string
				Locations           []struct {
					PhysicalLocation struct{ Region struct{ StartLine int } }
				}
			}
		}
	}
	results := func(above string) log {
		text := above + "sla_definitions: {availability: {target: 99.9}}\n"
		cfg, diags := config.Parse("slactl.yaml", []byte(text), os.LookupEnv)
		diags = append(diags, lint.Run(cfg, lint.Rules())...)
		var l log
		if err := json.Unmarshal([]byte(write(t, render.Report{Rules: lint.Rules(), Findings: diags}, "sarif")), &l); err != nil {
			t.Fatal(err)
		}
		return l
	}
	before, after := results(""), results("# a comment\n\n")
	if len(before.Runs[0].Results) == 0 {
		t.Fatal("no results")
	}
	for i, r := range before.Runs[0].Results {
		moved := after.Runs[0].Results[i]
		if before.Runs[0].Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID {
			t.Errorf("the index of %s is that of another rule", r.RuleID)
		}
		if diff := cmp.Diff(r.PartialFingerprints, moved.PartialFingerprints); diff != "" {
			t.Error(diff)
		}
		if r.Locations[0].PhysicalLocation.Region.StartLine+2 != moved.Locations[0].PhysicalLocation.Region.StartLine {
			t.Error("the finding did not move with its line")
		}
	}
}

// finding has what needs escaping everywhere.
func finding() render.Report {
	return render.Report{Files: []string{"a,b.yaml", "clean.yaml"}, Findings: yamlpos.Diagnostics{
		{Position: yamlpos.Position{File: "a,b.yaml", Line: 3, Column: 5}, Length: 4, Severity: yamlpos.Warning, Rule: "no-room", Message: `100 % of "x" <y> & z`, Hint: "two\nlines", Source: "    1000"},
		{Position: yamlpos.Position{File: "gone.yaml"}, Severity: yamlpos.Error, Rule: "file", Message: "reading the file: no such file"},
		{Position: yamlpos.Position{File: "a,b.yaml", Line: 9, Column: 1}, Length: 1, Severity: yamlpos.Info, Rule: "not-yet", Message: "later"},
	}}
}

// The expected lines follow GitHub's own escaping, @actions/core's command.ts.
func TestGitHub(t *testing.T) {
	want := `::warning file=a%2Cb.yaml,line=3,endLine=3,col=5,endColumn=9,title=no-room::100 %25 of "x" <y> & z; two%0Alines
::error file=gone.yaml,title=file::reading the file: no such file
::notice file=a%2Cb.yaml,line=9,endLine=9,col=1,endColumn=2,title=not-yet::later
`
	if diff := cmp.Diff(want, write(t, finding(), "github")); diff != "" {
		t.Error(diff)
	}
}

// element is any XML, read without knowing what it is.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Elements []element  `xml:",any"`
}

func (e element) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func readXML(t *testing.T, text string) element {
	t.Helper()
	var root element
	d := xml.NewDecoder(bytes.NewReader([]byte(text)))
	d.Strict = true
	if err := d.Decode(&root); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return root
}

func TestCheckstyle(t *testing.T) {
	root := readXML(t, write(t, finding(), "checkstyle"))
	if root.XMLName.Local != "checkstyle" || root.attr("version") == "" || len(root.Elements) != 3 {
		t.Fatalf("%+v", root)
	}
	first := root.Elements[0]
	e := first.Elements[0]
	if first.attr("name") != "a,b.yaml" || len(first.Elements) != 2 || len(root.Elements[1].Elements) != 0 ||
		e.attr("line") != "3" || e.attr("column") != "5" || e.attr("severity") != "warning" || e.attr("source") != "slactl.no-room" || e.attr("message") != "100 % of \"x\" <y> & z; two\nlines" {
		t.Errorf("%+v", first)
	}
}

// A file without findings is a test that passes, a note one that passes and says
// something, and the counts add up.
func TestJUnit(t *testing.T) {
	root := readXML(t, write(t, finding(), "junit"))
	if root.XMLName.Local != "testsuites" || root.attr("tests") != "4" || root.attr("failures") != "2" {
		t.Errorf("%+v", root.Attrs)
	}
	var got []string
	for _, suite := range root.Elements {
		got = append(got, suite.attr("name")+" "+suite.attr("tests")+" "+suite.attr("failures"))
		for _, c := range suite.Elements {
			line := "  " + c.attr("name")
			for _, part := range c.Elements {
				line += " [" + part.XMLName.Local + " " + part.attr("type") + "]"
			}
			got = append(got, line)
		}
	}
	want := []string{"a,b.yaml 2 1", `  no-room: 100 % of "x" <y> & z [failure warning]`, "  not-yet: later [system-out ]",
		"clean.yaml 1 0", "  config lint", "gone.yaml 1 1", "  file: reading the file: no such file [failure error]"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Every form can be written of every finding.
func TestEveryFinding(t *testing.T) {
	r := everything(t)
	for _, format := range render.Formats() {
		text := write(t, r, format)
		switch format {
		case "junit", "checkstyle":
			readXML(t, text)
		case "json", "sarif":
			if !json.Valid([]byte(text)) {
				t.Errorf("%s is no JSON", format)
			}
		}
		for _, rule := range r.Rules {
			if format != "text" && !strings.Contains(text, rule.Name) {
				t.Errorf("the form %s has no finding of %s", format, rule.Name)
			}
		}
	}
	if r.Write(&strings.Builder{}, "html") == nil {
		t.Error("an unknown form was written")
	}
}
