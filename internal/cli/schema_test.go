package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/lint"
)

// fromEnvironment is a text that a variable of the environment stands for.
const fromEnvironment = `\$\{.*`

// The patterns of texts that read themselves.
const (
	decimalPattern  = `^(-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|` + fromEnvironment + `)$`
	durationPattern = `^(0|([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?|` + fromEnvironment + `)$`
	datePattern     = `^([0-9]{4}-[0-9]{2}-[0-9]{2}|` + fromEnvironment + `)$`
	boolPattern     = `^(true|false|True|False|TRUE|FALSE|` + fromEnvironment + `)$`
	integerPattern  = `^([-+]?[0-9]+|` + fromEnvironment + `)$`
	percentPattern  = `^ *(-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)? *%?|` + fromEnvironment + `) *$`
)

type object = map[string]any

// schemaBuilder makes a JSON Schema of the types of a configuration.
type schemaBuilder struct {
	said        map[string]configType
	definitions object
}

// of returns the schema of a type. path is where a value of it can stand, as YAML
// with %s in its place.
func (b *schemaBuilder) of(t reflect.Type, path string) object {
	if t.Kind() == reflect.Pointer {
		return b.of(t.Elem(), path)
	}
	text := func(pattern string, more ...string) object {
		return object{"type": append([]string{"string", "null"}, more...), "pattern": pattern}
	}
	switch name := t.Name(); {
	case name == "Decimal":
		return text(decimalPattern, "number")
	case name == "Duration":
		return text(durationPattern, "integer")
	case name == "Percent":
		return text(percentPattern, "number")
	case name == "Date":
		return text(datePattern)
	case name == "RawYAML":
		return object{"type": []string{"object", "null"}}
	case name == "StringList":
		return object{"type": []string{"string", "number", "boolean", "array", "null"}, "items": anyText()}
	case name == "Level" || name == "UnitCost":
		long := b.structure(t, path)
		short := object{"type": []string{"string", "null"}}
		if name == "Level" {
			short = text(durationPattern, "integer")
		}
		return object{"anyOf": []object{short, long}}
	case strings.HasPrefix(name, "Map["):
		value, _ := t.Elem().FieldByName("Value")
		return object{"type": []string{"object", "null"}, "additionalProperties": b.of(value.Type, fmt.Sprintf(path, "{x: %s}"))}
	case name == "Secret" || name == "Path" || name == "Zone" || name == "Weekday" || name == "Instant" || name == "Announced" || name == "CalendarSpan":
		return object{"type": []string{"string", "null"}}
	}
	switch t.Kind() {
	case reflect.Struct:
		return b.structure(t, path)
	case reflect.Slice:
		return object{"type": []string{"array", "null"}, "items": b.of(t.Elem(), fmt.Sprintf(path, "[%s]"))}
	case reflect.Map:
		return object{"type": []string{"object", "null"}, "additionalProperties": b.of(t.Elem(), fmt.Sprintf(path, "{x: %s}"))}
	case reflect.Bool:
		return text(boolPattern, "boolean")
	case reflect.Int, reflect.Int64:
		return text(integerPattern, "integer")
	}
	if words := wordsAt(path); len(words) > 0 {
		return object{"anyOf": []object{{"enum": words}, {"type": []string{"string", "null"}, "pattern": "^" + fromEnvironment + "$"}}}
	}
	return anyText()
}

// anyText is a single value, which is taken for the text that it is written as.
func anyText() object { return object{"type": []string{"string", "number", "boolean", "null"}} }

// wordsAt returns the words that the text at a place is one of. It asks the one who
// knows: a word that none can be is refused with those that are known.
func wordsAt(path string) []string {
	_, diags := config.Parse("probe.yaml", fmt.Appendf(nil, path, "'????????'"), func(string) (string, bool) { return "", false })
	for _, d := range diags {
		if d.Rule != "unknown-word" || !strings.HasPrefix(d.Source[d.Column-1:], "'????????'") {
			continue
		}
		for _, before := range []string{"write one of ", "leave it out, or write "} {
			if list, ok := strings.CutPrefix(d.Hint, before); ok {
				return strings.Split(list, ", ")
			}
		}
	}
	return nil
}

// structure returns a reference to the schema of a struct, which is made once.
func (b *schemaBuilder) structure(t reflect.Type, path string) object {
	ref := object{"$ref": "#/definitions/" + t.Name()}
	if b.definitions[t.Name()] != nil {
		return ref
	}
	properties := object{}
	out := object{"type": []string{"object", "null"}, "additionalProperties": false, "properties": properties, "description": oneLine(b.said[t.Name()].doc)}
	b.definitions[t.Name()] = out
	for _, f := range keysOf(t) {
		below := fmt.Sprintf(path, "{"+f.key+": %s}")
		var p object
		if strings.HasSuffix(f.Tag.Get("yaml"), ",oneorlist") {
			one := b.of(f.Type.Elem(), below)
			p = object{"anyOf": []object{one, {"type": "array", "items": one}}}
		} else {
			p = b.of(f.Type, below)
		}
		if p["$ref"] != nil { // what stands beside a reference is not read in draft 7
			p = object{"allOf": []object{p}}
		}
		p["description"] = b.said[f.owner].fields[f.Name]
		properties[f.key] = p
	}
	return ref
}

func schemaOf(t *testing.T) []byte {
	b := schemaBuilder{said: configTypes(t), definitions: object{}}
	root := b.of(reflect.TypeFor[config.Config](), "%s")
	text, err := json.MarshalIndent(object{"$schema": "http://json-schema.org/draft-07/schema#", "title": "slactl configuration",
		"$ref": root["$ref"], "definitions": b.definitions}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

// The schema is written from the types of the configuration, is one itself, and
// takes what slactl takes.
func TestDocsOfSchema(t *testing.T) {
	sameFile(t, filepath.Join("..", "config", "schema.json"), string(schemaOf(t)))
	schema := compile(t, config.Schema())
	valid := map[string]string{}
	for _, pattern := range []string{"../config/testdata/*.yaml", "../config/testdata/seed/*.yaml", "../demo/workspace/slactl.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			valid[file] = string(text)
		}
	}
	for _, r := range lint.Rules() {
		valid["the good example of "+r.Name] = r.Good
		if r.Run != nil {
			valid["the bad example of "+r.Name] = r.Bad // it can be read
		}
	}
	for name, text := range valid {
		if err := schema.Validate(asJSON(t, text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What the schema can tell from values alone, it refuses.
func TestSchemaRefuses(t *testing.T) {
	schema := compile(t, config.Schema())
	for _, text := range []string{
		"sla_definitions: {a: {taget: 99}}", "sla_definitions: [a]", "sla_definitions: {a: {target: high}}", "sla_definitions: {a: {method: slises}}",
		"sla_definitions: {a: {grace_period: 5 minutes}}", "sla_definitions: {a: {strict_coverage: maybe}}", "service_tiers: {gold: {credits: {band: []}}}",
		"organizations: {list: {id: acme}}", "maintenance: [{began: 2026-10-11T02:00:00Z}]", "cost: {measure: all}", "cost: {budgets: [{period: fortnight}]}",
		"alerting: {levels: {2: {afer: 5m}}}", "reports: {monthly: {sections: [sla, everything]}}",
	} {
		if err := schema.Validate(asJSON(t, text)); err == nil {
			t.Errorf("the schema takes %s", text)
		}
	}
}

// compile reads a schema and checks it against the one that its $schema names.
func compile(t *testing.T, text []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// asJSON reads YAML as an editor does: dates are texts, and keys as well.
func asJSON(t *testing.T, text string) any {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(text), &n); err != nil {
		t.Fatal(err)
	}
	var value func(n *yaml.Node) any
	value = func(n *yaml.Node) any {
		switch n.Kind {
		case yaml.DocumentNode:
			return value(n.Content[0])
		case yaml.AliasNode:
			return value(n.Alias)
		case yaml.SequenceNode:
			out := []any{}
			for _, item := range n.Content {
				out = append(out, value(item))
			}
			return out
		case yaml.MappingNode:
			out := object{}
			for i := 0; i+1 < len(n.Content); i += 2 {
				out[n.Content[i].Value] = value(n.Content[i+1])
			}
			return out
		}
		switch n.ShortTag() {
		case "!!null":
			return nil
		case "!!bool":
			return n.Value == "true"
		case "!!int", "!!float":
			return json.Number(n.Value)
		}
		return n.Value
	}
	return value(&n)
}
