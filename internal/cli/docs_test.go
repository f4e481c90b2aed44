package cli

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/slactl/slactl/internal/config"
)

//go:generate go test -run Docs -update .

var updateDocs = flag.Bool("update", false, "rewrite docs/commands and docs/configuration.md")

// docs is the directory of the documentation.
var docs = filepath.Join("..", "..", "docs")

// The pages about commands are written from the commands themselves.
func TestDocsOfCommands(t *testing.T) {
	want := map[string]bool{}
	for _, cmd := range commandTree(newRoot(&app{Env: newWorld().Env})) {
		name := pageName(cmd) + ".md"
		want[name] = true
		sameFile(t, filepath.Join(docs, "commands", name), commandPage(cmd))
	}
	entries, err := os.ReadDir(filepath.Join(docs, "commands"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !want[e.Name()] {
			t.Errorf("docs/commands/%s describes no command", e.Name())
		}
	}
}

// Every command says what it does, how it is used and what its exit codes mean.
func TestHelpIsComplete(t *testing.T) {
	for _, cmd := range commandTree(newRoot(&app{Env: newWorld().Env})) {
		switch {
		case cmd.Short == "" || strings.HasSuffix(cmd.Short, "."):
			t.Errorf("%s: the short text %q is to be a sentence without a full stop", cmd.CommandPath(), cmd.Short)
		case cmd.Long == "" || !strings.HasSuffix(strings.TrimSpace(cmd.Long), "."):
			t.Errorf("%s: no long text in whole sentences", cmd.CommandPath())
		case cmd.Example == "":
			t.Errorf("%s: no examples", cmd.CommandPath())
		}
		for i, line := range strings.Split(cmd.Long, "\n") {
			if n := len([]rune(line)); n > 84 {
				t.Errorf("%s: line %d of the long text has %d characters", cmd.CommandPath(), i+1, n)
			}
		}
		cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" || strings.HasSuffix(f.Usage, ".") || strings.ToUpper(f.Usage[:1]) == f.Usage[:1] && !strings.HasPrefix(f.Usage, "PDF") {
				t.Errorf("%s --%s: the usage %q is to begin small and to have no full stop", cmd.CommandPath(), f.Name, f.Usage)
			}
		})
	}
}

func sameFile(t *testing.T, path, want string) {
	t.Helper()
	if *updateDocs {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Errorf("%v; write it with: go generate ./internal/cli", err)
	} else if string(got) != want {
		t.Errorf("%s is stale; rewrite it with: go generate ./internal/cli", path)
	}
}

// commandPage is the help of a command in Markdown.
func commandPage(cmd *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- Written by: go generate ./internal/cli -->\n# %s\n\n%s\n\n```\n%s\n```\n", cmd.CommandPath(), strings.TrimSpace(description(cmd)), useLine(cmd))
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\n## Examples\n\n```sh\n%s\n```\n", strings.ReplaceAll(strings.TrimSpace(cmd.Example), "\n  ", "\n"))
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\n## Commands\n\n")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(&b, "- [%s](%s.md): %s\n", sub.Name(), pageName(sub), sub.Short)
			}
		}
	}
	flagTable(&b, "Flags", cmd.LocalNonPersistentFlags())
	if cmd.HasParent() {
		fmt.Fprintf(&b, "\nThe flags of every command are those of [slactl](slactl.md).\n")
	} else {
		flagTable(&b, "Flags of every command", cmd.PersistentFlags())
	}
	b.WriteString("\n## Exit codes\n\n| code | when |\n|---|---|\n")
	for _, code := range exitCodes(cmd) {
		number, meaning, _ := strings.Cut(code, "  ")
		fmt.Fprintf(&b, "| %s | %s |\n", number, meaning)
	}
	return b.String()
}

func flagTable(b *strings.Builder, title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(b, "\n## %s\n\n| flag | meaning | default |\n|---|---|---|\n", title)
	flags.VisitAll(func(f *pflag.Flag) {
		value, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		def := f.DefValue
		if def == "false" || def == "0s" || def == "[]" || def == "0" {
			def = ""
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", strings.TrimSpace(name+" "+value), inTable(usage), inTable(def))
	})
}

func inTable(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "**", `\*\*`).Replace(s)
}

// The page about the configuration is written from the types that it is read
// into, and from what is said beside their fields.
func TestDocsOfConfiguration(t *testing.T) {
	page := configurationPage(t)
	sameFile(t, filepath.Join(docs, "configuration.md"), page)

	// The defaults are those that `config show` fills in.
	cfg, diags := config.Parse("all", []byte(`version: 1
sources: {metrics: {prometheus: {url: http://localhost:9090}}, billing: [{name: a, format: focus, path: a.csv}]}
sla_definitions: {a: {target: 99, method: downtime, indicator: {up: up}}, b: {target: 99, indicator: {up: up}}}
`), func(string) (string, bool) { return "", false })
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var shown bytes.Buffer
	if err := cfg.Show(&shown); err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(shown.String()) {
		setting, isDefault := strings.CutSuffix(strings.TrimSpace(line), "# default")
		if !isDefault {
			continue
		}
		n++
		key, value, _ := strings.Cut(strings.TrimSpace(setting), ": ")
		if row := fmt.Sprintf("| `%s` |", key); !strings.Contains(page, row) || !strings.Contains(page, "| "+strings.Trim(value, `"`)+" |\n") {
			t.Errorf("the default %s of %s is not in the page", value, key)
		}
	}
	if n < 10 {
		t.Errorf("only %d defaults are shown", n)
	}
}

// configType is a struct of internal/config: what is said of it and its fields.
type configType struct {
	doc    string
	fields map[string]string // by the name in Go
}

func configurationPage(t *testing.T) string {
	t.Helper()
	said := configTypes(t)
	var b strings.Builder
	b.WriteString(`<!-- Written by: go generate ./internal/cli -->
# Configuration

slactl reads ` + "`./slactl.yaml`, or the files and directories that `--config` (repeated) or `SLACTL_CONFIG`" + ` name; several are
merged. ` + "`${VARIABLE}`" + ` is replaced by the environment. Paths are relative to the file that names them. Durations are written
30s, 5m, 1h, 7d; instants in RFC 3339. ` + "`slactl config lint` checks a configuration, and `slactl config show`" + ` prints it with all
defaults. Keys that this version checks without acting on them are listed by ` + "`slactl config lint`" + `.
`)
	type place struct {
		path string
		of   reflect.Type
	}
	seen := map[reflect.Type]string{}
	for todo := []place{{"", reflect.TypeFor[config.Config]()}}; len(todo) > 0; todo = todo[1:] {
		p := todo[0]
		title := strings.TrimPrefix(p.path, ".")
		if title == "" {
			title = "The file"
		} else {
			title = "`" + title + "`"
		}
		if known := seen[p.of]; known != "" {
			continue
		}
		seen[p.of] = p.path + " "
		about := inTable(oneLine(said[p.of.Name()].doc))
		if p.path == "" {
			about = "The keys of the first level; each is described below."
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| key | type | meaning | default |\n|---|---|---|---|\n", title, about)
		for _, f := range keysOf(p.of) {
			words, under, next := typeInWords(f.Type)
			meaning, def, _ := strings.Cut(said[f.owner].fields[f.Name], "; default ")
			if meaning == "" {
				t.Errorf("config.%s.%s has no comment that says what the key means", f.owner, f.Name)
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.key, words, inTable(meaning), inTable(def))
			if next != nil {
				todo = append(todo, place{p.path + "." + f.key + under, next})
			}
		}
	}
	return b.String()
}

// configKey is a key and the field that it is read into.
type configKey struct {
	reflect.StructField
	key, owner string
}

// keysOf lists the keys of a struct, those of inlined ones in their place.
func keysOf(of reflect.Type) []configKey {
	var out []configKey
	for i := range of.NumField() {
		f := of.Field(i)
		key, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case options == "inline":
			out = append(out, keysOf(f.Type)...)
		case key != "":
			out = append(out, configKey{f, key, of.Name()})
		}
	}
	return out
}

// typeInWords names a type for people; a type with keys of its own is returned
// with how its place is written below the key.
func typeInWords(of reflect.Type) (words, under string, next reflect.Type) {
	if of.Kind() == reflect.Pointer {
		return typeInWords(of.Elem())
	}
	name := of.Name()
	named := map[string]string{"Decimal": "number", "Duration": "duration", "Zone": "time zone", "Weekday": "day of the week", "Path": "path", "Secret": "secret",
		"RawYAML": "mapping", "Percent": "percentage", "StringList": "text or list", "Date": "date", "Instant": "instant", "Announced": "instant or date",
		"CalendarSpan": "days or months"}
	kinds := map[reflect.Kind]string{reflect.String: "text", reflect.Int: "integer", reflect.Int64: "integer", reflect.Bool: "true or false"}
	switch {
	case named[name] != "":
		return named[name], "", nil
	case strings.HasPrefix(name, "Map["):
		value, _ := of.Elem().FieldByName("Value")
		words, under, next = typeInWords(value.Type)
		return "mapping of " + plural(words), ".NAME" + under, next
	case of.Kind() == reflect.Map:
		words, under, next = typeInWords(of.Elem())
		return "mapping of " + plural(words), ".NAME" + under, next
	case of.Kind() == reflect.Slice:
		words, under, next = typeInWords(of.Elem())
		return "list of " + plural(words), "[]" + under, next
	case of.Kind() == reflect.Struct:
		return "mapping", "", of
	}
	return kinds[of.Kind()], "", nil
}

func plural(words string) string {
	if strings.HasPrefix(words, "mapping of") || words == "" {
		return words
	}
	return words + "s"
}

// configTypes reads the comments of internal/config.
func configTypes(t *testing.T) map[string]configType {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "config", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]configType{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok || decl.Tok != token.TYPE {
				continue
			}
			for _, s := range decl.Specs {
				spec, ok := s.(*ast.TypeSpec)
				if st, isStruct := spec.Type.(*ast.StructType); ok && isStruct {
					out[spec.Name.Name] = configType{aboutKeys(spec.Name.Name, decl.Doc.Text()), fieldComments(st)}
				}
			}
		}
	}
	return out
}

// aboutKeys takes the name of the type off the first sentence of its comment.
func aboutKeys(name, doc string) string {
	doc, _, _ = strings.Cut(doc, ". ")
	doc = strings.TrimSuffix(strings.TrimSpace(doc), ".")
	for _, verb := range []string{" is ", " are ", " says ", " grants ", " gives ", " shares ", " tells ", " sends "} {
		if rest, ok := strings.CutPrefix(doc, name+verb); ok {
			switch verb {
			case " is ", " are ":
				doc = rest
			default:
				doc = strings.TrimSpace(verb) + " " + rest
			}
		}
	}
	if doc == "" {
		return ""
	}
	return strings.ToUpper(doc[:1]) + doc[1:] + "."
}

func fieldComments(st *ast.StructType) map[string]string {
	out := map[string]string{}
	for _, f := range st.Fields.List {
		for _, n := range f.Names {
			out[n.Name] = oneLine(f.Comment.Text())
		}
	}
	return out
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
