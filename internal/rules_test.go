package internal_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestRulesHaveTests checks that each rule of docs/rules.md names tests, and that
// they exist.
func TestRulesHaveTests(t *testing.T) {
	text, err := os.ReadFile("../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for kind, where := range map[string]struct{ files, pattern string }{
		"count":    {"query/*_test.go query/querytest/*.go", `Name: +"(.*)",`},
		"judge":    {"sla/testdata/*.txt", `(?m)^case (.*)$`},
		"evaluate": {"evaluate/testdata/*.txtar", `(?m)^-- case (.*) --$`},
		"credit":   {"sla/credits_test.go evaluate/credits_test.go", `\t\{"([^"]*)", `},
	} {
		for _, m := range findAll(t, where.files, where.pattern) {
			known[kind+": "+m] = true
		}
	}
	bills, err := filepath.Glob("billing/testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range bills {
		known["bill: "+strings.TrimSuffix(filepath.Base(name), ".txtar")] = true
	}
	reference := regexp.MustCompile("`([a-z]+: [^`]+|[a-z/]+\\.Test[A-Za-z]+)`")
	rules := 0
	for n, line := range strings.Split(string(text), "\n") {
		cells := strings.Split(line, " | ")
		if len(cells) != 2 || !strings.HasSuffix(line, "|") || strings.HasPrefix(line, "| rule") {
			continue
		}
		rules++
		tests := reference.FindAllStringSubmatch(cells[1], -1)
		if len(tests) == 0 {
			t.Errorf("docs/rules.md:%d: the rule names no test", n+1)
		}
		for _, m := range tests {
			pkg, name, ok := strings.Cut(m[1], ".Test")
			if ok && !strings.Contains(m[1], ": ") {
				known[m[1]] = len(findAll(t, pkg+"/*_test.go", `(?m)^(func Test`+name+`)\(`)) == 1
			}
			if !known[m[1]] {
				t.Errorf("docs/rules.md:%d: there is no test %q", n+1, m[1])
			}
		}
	}
	if rules < 80 {
		t.Errorf("only %d rules were found", rules)
	}
}

// findAll returns what the first group of the pattern matches in files below
// internal/.
func findAll(t *testing.T, globs, pattern string) []string {
	t.Helper()
	var out []string
	for glob := range strings.FieldsSeq(globs) {
		files, err := filepath.Glob(glob)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
				out = append(out, m[1])
			}
		}
	}
	return out
}
