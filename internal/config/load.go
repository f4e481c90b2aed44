package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/slactl/slactl/internal/yamlpos"
)

// maxFileSize bounds a configuration file: more is a mistake, such as a device
// or an export.
const maxFileSize = 8 << 20

// Load reads files and directories (their *.yaml and *.yml files, sorted) and
// merges them: each top-level block may be spread over several files, but no key
// may stand twice. Texts of the form ${NAME} are replaced by what env says.
//
// It returns every problem that it finds, errors and warnings, in the order of
// the files. The configuration is complete only if there are no errors; it is
// never nil.
func Load(paths []string, env func(string) (string, bool)) (*Config, yamlpos.Diagnostics) {
	return LoadEdited(paths, env, nil)
}

// LoadEdited is [Load] with other texts in place of those of some files, by the
// names that positions have: what the configuration would be once they are
// written.
func LoadEdited(paths []string, env func(string) (string, bool), edited map[string][]byte) (*Config, yamlpos.Diagnostics) {
	l := loader{env: env}
	for _, f := range parseAll(l.files(paths), edited) {
		if f.err != nil {
			l.diags = append(l.diags, fileError(f.name, f.err))
			continue
		}
		l.add(f)
	}
	return l.finish()
}

// Parse reads one text as if it were the file of the given name.
func Parse(name string, text []byte, env func(string) (string, bool)) (*Config, yamlpos.Diagnostics) {
	l := loader{env: env}
	l.add(parsed(name, text))
	return l.finish()
}

// loader collects the tree that the files make together.
type loader struct {
	env   func(string) (string, bool)
	root  *yamlpos.Node
	order map[string]int // of the files, by name
	diags yamlpos.Diagnostics
	// places holds, for the mappings that files are merged into, the index of each
	// key.
	places map[*yamlpos.Node]map[string]int
	texts  []*yamlpos.Source      // those that are YAML
	seen   map[*yamlpos.Node]bool // nodes that variables were substituted in
	unset  map[*yamlpos.Node]yamlpos.Diagnostics
}

// files lists the files of paths in order, each once.
func (l *loader) files(paths []string) []string {
	var out []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			l.diags = append(l.diags, fileError(path, err))
			continue
		}
		if !info.IsDir() {
			out = append(out, path)
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			l.diags = append(l.diags, fileError(path, err))
		}
		before := len(out)
		for _, e := range entries {
			if ext := filepath.Ext(e.Name()); !e.IsDir() && (ext == ".yaml" || ext == ".yml") && !strings.HasPrefix(e.Name(), ".") {
				out = append(out, filepath.Join(path, e.Name()))
			}
		}
		if len(out) == before && err == nil {
			l.diags = append(l.diags, fileDiagnostic(path, "this directory holds no .yaml or .yml file", "name a configuration file"))
		}
	}
	unique := out[:0]
	known := map[string]bool{}
	for _, file := range out {
		if clean := filepath.Clean(file); !known[clean] {
			known[clean] = true
			unique = append(unique, file)
		}
	}
	return unique
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err == nil && len(text) > maxFileSize {
		err = fmt.Errorf("the file is larger than %d MiB", maxFileSize>>20)
	}
	return text, err
}

func fileError(path string, err error) yamlpos.Diagnostic {
	hint := ""
	switch {
	case errors.Is(err, fs.ErrNotExist):
		hint = "check the path; `slactl init` writes a first configuration"
	case errors.Is(err, fs.ErrPermission):
		hint = "check the permissions of the file"
	}
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return fileDiagnostic(path, "reading the file: "+err.Error(), hint)
}

func fileDiagnostic(path, message, hint string) yamlpos.Diagnostic {
	return yamlpos.Diagnostic{Position: yamlpos.Position{File: path}, Severity: yamlpos.Error, Rule: "file", Message: message, Hint: hint}
}

// file is a file that was read, or why it was not.
type file struct {
	name  string
	node  *yamlpos.Node
	diags yamlpos.Diagnostics
	err   error
}

// parseAll reads and parses files, as many at once as there are processors, and
// returns them in their order.
func parseAll(names []string, edited map[string][]byte) []file {
	out := make([]file, len(names))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(len(names), runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(names); i = int(next.Add(1)) - 1 {
				text, ok := edited[names[i]]
				var err error
				if !ok {
					text, err = readFile(names[i])
				}
				if err != nil {
					out[i] = file{name: names[i], err: err}
					continue
				}
				out[i] = parsed(names[i], text)
			}
		})
	}
	workers.Wait()
	return out
}

// parsed parses the text of a file.
func parsed(name string, text []byte) file {
	dir, err := filepath.Abs(filepath.Dir(name))
	if err != nil { // the working directory is gone; relative paths stay relative
		dir = filepath.Dir(name)
	}
	node, diags := yamlpos.Parse(name, dir, text)
	return file{name: name, node: node, diags: diags}
}

// add merges one file into the tree.
func (l *loader) add(f file) {
	if l.order == nil {
		l.order = map[string]int{}
	}
	l.order[f.name] = len(l.order)
	node, diags := f.node, f.diags
	l.diags = append(l.diags, diags...)
	if node == nil {
		return
	}
	l.texts = append(l.texts, node.Source())
	if node.Kind == yamlpos.Null {
		return
	}
	if node.Kind != yamlpos.Mapping {
		l.diags = append(l.diags, node.Diagnostic(yamlpos.Error, "type", "begin with a block such as `sla_definitions:`",
			node.Kind.String()+" stands where a configuration is expected"))
		return
	}
	l.substitute(node)
	if l.root == nil {
		l.root = yamlpos.NewMapping(node.Position)
	}
	l.merge(l.root, node, 2)
}

// merge adds the fields of from to into. Down to the given depth, mappings that
// both have are merged and lists are joined.
func (l *loader) merge(into, from *yamlpos.Node, depth int) {
	places := l.placesOf(into)
	for _, f := range from.Fields {
		var have *yamlpos.Node
		place, ok := places[f.Key.Text]
		if ok {
			have = into.Fields[place].Value
		}
		switch {
		case have == nil:
			value := f.Value
			if depth > 1 && value.Kind == yamlpos.Mapping { // a copy: the block of another file may be merged into it
				block := *value
				block.Fields = nil
				l.merge(&block, value, 1)
				value = &block
			}
			places[f.Key.Text] = len(into.Fields)
			into.Fields = append(into.Fields, yamlpos.Field{Key: f.Key, Value: value})
		case f.Value.Kind == yamlpos.Null:
		case depth > 1 && have.Kind == yamlpos.Mapping && f.Value.Kind == yamlpos.Mapping:
			l.merge(have, f.Value, depth-1)
		case depth > 1 && have.Kind == yamlpos.Sequence && f.Value.Kind == yamlpos.Sequence:
			joined := *have
			joined.Items = append(append([]*yamlpos.Node(nil), have.Items...), f.Value.Items...)
			into.Fields[place].Value = &joined
		case have.Kind == yamlpos.Scalar && f.Value.Kind == yamlpos.Scalar && have.Text == f.Value.Text:
		case have.Kind == yamlpos.Null:
			into.Fields[place].Value = f.Value
		default:
			first := into.Fields[place].Key.Position
			l.diags = append(l.diags, f.Key.Diagnostic(yamlpos.Error, "duplicate-key", "keep it in one of the files",
				fmt.Sprintf("key %q stands in two files; first at %s", f.Key.Text, first)))
		}
	}
}

// placesOf returns where the keys of a mapping that files are merged into stand.
// Looking through the fields for each key of each file would take the square of
// their number.
func (l *loader) placesOf(n *yamlpos.Node) map[string]int {
	if l.places == nil {
		l.places = map[*yamlpos.Node]map[string]int{}
	}
	if l.places[n] == nil {
		l.places[n] = map[string]int{}
		for i, f := range n.Fields {
			l.places[n][f.Key.Text] = i
		}
	}
	return l.places[n]
}

// variable is ${NAME}; $${NAME} stands for the text ${NAME}.
var variable = regexp.MustCompile(`\$?\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// substitute replaces variables in all values below n.
func (l *loader) substitute(n *yamlpos.Node) {
	if l.seen == nil {
		l.seen, l.unset = map[*yamlpos.Node]bool{}, map[*yamlpos.Node]yamlpos.Diagnostics{}
	}
	if l.seen[n] {
		return
	}
	l.seen[n] = true
	for _, item := range n.Items {
		l.substitute(item)
	}
	for _, f := range n.Fields {
		l.substitute(f.Value)
	}
	if n.Kind != yamlpos.Scalar || !strings.Contains(n.Text, "${") {
		return
	}
	written := n.Text
	var b strings.Builder
	last := 0
	for _, m := range variable.FindAllStringSubmatchIndex(written, -1) {
		b.WriteString(written[last:m[0]])
		last = m[1]
		text, name := written[m[0]:m[1]], written[m[2]:m[3]]
		if strings.HasPrefix(text, "$$") {
			b.WriteString(text[1:])
			continue
		}
		value, ok := l.env(name)
		if !ok {
			l.unset[n] = append(l.unset[n], n.DiagnosticAt(m[0], m[1]-m[0], yamlpos.Error, "env",
				"set it, or write $${"+name+"} for the text itself", fmt.Sprintf("the environment variable %s is not set", name)))
		}
		b.WriteString(value)
	}
	b.WriteString(written[last:])
	if text := b.String(); text != written {
		n.Text, n.Written = text, written
	}
}

// finish decodes and checks the tree.
func (l *loader) finish() (*Config, yamlpos.Diagnostics) {
	cfg := &Config{index: map[string]*yamlpos.Node{}, keys: map[string]*yamlpos.Node{}}
	if l.root == nil {
		l.root = yamlpos.NewMapping(yamlpos.Position{})
	}
	cfg.root, cfg.files = l.root, l.texts
	l.diags = append(l.diags, yamlpos.Decode(l.root, cfg)...)
	cfg.enter("", cfg.root)
	l.reportUnset(cfg)
	cfg.resolvePresets()
	l.diags = append(l.diags, cfg.readOrganizations()...)
	c := checker{cfg: cfg, broken: map[yamlpos.Position]bool{}}
	for _, d := range l.diags {
		c.broken[d.Position] = d.Severity == yamlpos.Error || c.broken[d.Position]
	}
	c.check()
	all := slices.Concat(l.diags, c.diags)
	all.Sort(l.order)
	all = slices.Compact(all) // a value that aliases share is decoded more than once
	cfg.nameKeys(all)
	cfg.MaskSecrets(all)
	return cfg, all
}

// MaskSecrets hides the secrets that stand in the files from the lines that
// findings show: those are printed where the files themselves are not read.
func (c *Config) MaskSecrets(diags yamlpos.Diagnostics) {
	if len(diags) == 0 {
		return
	}
	type line struct {
		file   string
		number int
	}
	secrets := map[line][]*yamlpos.Node{}
	for _, n := range c.index {
		if n.Secret && n.Written == "" && n.Text != "" {
			at := line{n.File, n.Line}
			secrets[at] = append(secrets[at], n)
		}
	}
	for i := range diags {
		for _, n := range secrets[line{diags[i].File, diags[i].Line}] {
			diags[i].Source = strings.ReplaceAll(diags[i].Source, n.Text, strings.Repeat("*", utf8.RuneCountInString(n.Text)))
		}
	}
}

// nameKeys gives findings the path of the value, or of the key, that they are
// about, where the one who found them did not.
func (c *Config) nameKeys(diags yamlpos.Diagnostics) {
	if len(diags) == 0 {
		return
	}
	paths := map[yamlpos.Position]string{}
	for _, nodes := range []map[string]*yamlpos.Node{c.index, c.keys} {
		for path, n := range nodes {
			// A mapping begins where its first key does, which is the nearer one.
			if have, ok := paths[n.Position]; !ok || len(path) > len(have) || len(path) == len(have) && path < have {
				paths[n.Position] = path
			}
		}
	}
	for i := range diags {
		if diags[i].Key == "" {
			diags[i].Key = paths[diags[i].Position]
		}
	}
}

// reportUnset reports variables that the environment lacks. One that only
// PostgreSQL needs is no error until bills are read: whoever checks a
// configuration need not know its database.
func (l *loader) reportUnset(cfg *Config) {
	for i := range cfg.Sources.Billing {
		for _, d := range l.unset[cfg.index[at("sources.billing", i)+".postgres.dsn"]] {
			d.Severity, d.Hint = yamlpos.Info, "it is needed when bills are read from PostgreSQL"
			l.diags = append(l.diags, d)
		}
		delete(l.unset, cfg.index[at("sources.billing", i)+".postgres.dsn"])
	}
	for _, diags := range l.unset {
		l.diags = append(l.diags, diags...)
	}
}
