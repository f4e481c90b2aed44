package yamlpos

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Unmarshaler is a value that reads itself from a node. Errors that are a
// [Diagnostic] or [Diagnostics] keep their places; others are about the node.
type Unmarshaler interface {
	UnmarshalNode(*Node) error
}

// Decode fills the value that `into` points to from the node and returns every
// problem that it meets, filling in what it can.
//
// Structs take mappings by their `yaml` tags: a name, and the options `inline`
// for an embedded struct and `oneorlist` for a slice that may be written as its
// only element. Keys without a field are errors. Slices take lists, maps with
// text keys take mappings, and texts take any single value. Types that implement
// [Unmarshaler] or encoding.TextUnmarshaler read themselves. Nothing, or `null`,
// leaves a value as it is.
func Decode(n *Node, into any) Diagnostics { return new(Decoder).Decode(n, into) }

// Decoder decodes many values of a few types and remembers the keys of these. Its
// zero value is ready; it serves one goroutine.
type Decoder struct {
	decoder
	fields map[reflect.Type][]structField
}

// Decode is like the function of that name.
func (d *Decoder) Decode(n *Node, into any) Diagnostics {
	d.decoder = decoder{known: d}
	d.value(n, reflect.ValueOf(into).Elem())
	return d.diags
}

// fieldsOf returns the keys of a struct.
func (d *Decoder) fieldsOf(t reflect.Type) []structField {
	fields, ok := d.fields[t]
	if !ok {
		if d.fields == nil {
			d.fields = map[reflect.Type][]structField{}
		}
		fields = fieldsOf(t, nil)
		d.fields[t] = fields
	}
	return fields
}

// decoder is the decoding of one value.
type decoder struct {
	diags Diagnostics
	known *Decoder
}

func (d *decoder) fail(n *Node, err error) {
	var one Diagnostic
	var several Diagnostics
	switch {
	case errors.As(err, &one):
		d.diags = append(d.diags, one)
	case errors.As(err, &several):
		d.diags = append(d.diags, several...)
	default:
		d.diags = append(d.diags, n.Diagnostic(Error, "value", "", err.Error()))
	}
}

func (d *decoder) value(n *Node, v reflect.Value) {
	if n == nil || n.Kind == Null {
		return
	}
	if v.Kind() == reflect.Pointer {
		p := reflect.New(v.Type().Elem())
		v.Set(p)
		d.value(n, p.Elem())
		return
	}
	switch u := v.Addr().Interface().(type) {
	case Unmarshaler:
		if err := u.UnmarshalNode(n); err != nil {
			d.fail(n, err)
		}
		return
	case encoding.TextUnmarshaler:
		text, err := n.ScalarText("a single value")
		if err == nil {
			if err = u.UnmarshalText([]byte(text)); err != nil && strings.HasSuffix(text, "%") {
				number := n.Diagnostic(Error, "value", "write the number alone", err.Error())
				number.Fix = n.Replacement(strings.TrimSpace(strings.TrimSuffix(text, "%")))
				err = number
			}
		}
		if err != nil {
			d.fail(n, err)
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v)
	case reflect.Slice:
		d.slice(n, v)
	case reflect.Map:
		d.mapping(n, v)
	default:
		if err := scalar(n, v); err != nil {
			d.fail(n, err)
		}
	}
}

func (d *decoder) slice(n *Node, v reflect.Value) {
	if n.Kind != Sequence {
		d.fail(n, n.WrongKind("a list", "write it as [a, b], or one entry a line after a dash"))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Items), len(n.Items)))
	for i, item := range n.Items {
		d.value(item, v.Index(i))
	}
}

func (d *decoder) mapping(n *Node, v reflect.Value) {
	if n.Kind != Mapping {
		d.fail(n, n.WrongKind("a mapping", ""))
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, f := range n.Fields {
		e := reflect.New(v.Type().Elem()).Elem()
		d.value(f.Value, e)
		v.SetMapIndex(reflect.ValueOf(f.Key.Text).Convert(v.Type().Key()), e)
	}
}

func (d *decoder) structure(n *Node, v reflect.Value) {
	if n.Kind != Mapping {
		d.fail(n, n.WrongKind("a mapping", ""))
		return
	}
	fields := d.known.fieldsOf(v.Type())
	for _, f := range n.Fields {
		field, ok := find(fields, f.Key.Text)
		if !ok {
			names := make([]string, len(fields))
			for i, k := range fields {
				names[i] = k.name
			}
			unknown := f.Key.Diagnostic(Error, "unknown-key", DidYouMean(f.Key.Text, names, "the keys here are"), fmt.Sprintf("unknown key %q", f.Key.Text))
			if meant, ok := Nearest(f.Key.Text, names); ok && n.Get(meant) == nil {
				unknown.Fix = f.Key.Replacement(meant)
			}
			d.diags = append(d.diags, unknown)
			continue
		}
		target := v.FieldByIndex(field.index)
		if field.oneOrList && f.Value.Kind != Sequence && f.Value.Kind != Null {
			target.Set(reflect.MakeSlice(target.Type(), 1, 1))
			target = target.Index(0)
		}
		d.value(f.Value, target)
	}
}

type structField struct {
	name      string
	index     []int
	oneOrList bool
}

// fieldsOf lists the keys of a struct in the order of its declaration.
func fieldsOf(t reflect.Type, prefix []int) []structField {
	var out []structField
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(append([]int(nil), prefix...), i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case options == "inline":
			out = append(out, fieldsOf(f.Type, index)...)
		case name != "" && name != "-":
			out = append(out, structField{name, index, options == "oneorlist"})
		}
	}
	return out
}

func find(fields []structField, name string) (structField, bool) {
	for _, f := range fields {
		if f.name == name {
			return f, true
		}
	}
	return structField{}, false
}

func scalar(n *Node, v reflect.Value) error {
	switch v.Kind() {
	case reflect.String:
		text, err := n.ScalarText("a text")
		if err != nil {
			return err
		}
		v.SetString(text)
	case reflect.Bool:
		text, err := n.ScalarText("true or false")
		if err != nil {
			return err
		}
		b, err := strconv.ParseBool(text)
		if err != nil || len(text) == 1 { // ParseBool takes 1, t, 0, f
			return n.Errorf("write true or false", "%q is not true or false", text)
		}
		v.SetBool(b)
	case reflect.Int, reflect.Int64:
		text, err := n.ScalarText("a whole number")
		if err != nil {
			return err
		}
		i, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			return n.Errorf("", "%q is not a whole number", text)
		}
		v.SetInt(i)
	default:
		panic(fmt.Sprintf("yamlpos: no rule to decode a %s", v.Type()))
	}
	return nil
}
