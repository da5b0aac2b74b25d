package client

import (
	"reflect"
	"strconv"
	"time"
)

// The keys of an answer are written down in one place: the json tags of [Sample] and of
// the structs in it. fillStruct reads an answer by these tags, and encoding/json writes
// it by them.
//
// encoding/json does not read it: it also takes a key in another case, merges two
// objects under the same key, and turns a row of the wrong type into an empty one. An
// UnmarshalJSON for each struct would avoid that, but encoding/json scans the bytes of
// a value again for each level, and events are five levels deep.

// object is a JSON object as encoding/json decodes it into an any, with numbers as
// json.Number. The nil object has no fields.
type object map[string]any

// reader is a field that reads itself from a value of JSON. It never fails: what
// makes no sense leaves it unknown or empty.
type reader interface{ read(v any, t tags) }

// finisher is a struct with more to it than its fields. finish completes it after
// they were read from o, and reports whether it makes sense: as a row of a list, or behind a
// pointer, which stays nil else.
type finisher interface{ finish(o object) (ok bool) }

// fillStruct reads o into the struct that to points to: each field from the value under
// exactly the key that its json tag names. It returns what finish does.
func fillStruct(to any, o object) (ok bool) {
	s := reflect.ValueOf(to).Elem()
	for i := range s.NumField() {
		t := tags{s.Type().Field(i).Tag}
		if key := t.key(); key != "-" {
			fillField(s.Field(i), o[key], t)
		}
	}
	if f, ok := to.(finisher); ok {
		return f.finish(o)
	}
	return true
}

func fillField(field reflect.Value, v any, t tags) {
	to := field.Addr().Interface()
	o, isObject := v.(map[string]any)
	switch r, isReader := to.(reader); {
	case isReader:
		r.read(v, t)
	case field.Kind() == reflect.Struct:
		fillStruct(to, o)
	case field.Kind() == reflect.Pointer:
		if !isObject { // it stays nil
			return
		}
		if inner := reflect.New(field.Type().Elem()); fillStruct(inner.Interface(), o) {
			field.Set(inner)
		}
	default:
		setValue(to, v)
	}
}

// tags are the tags of a struct's field: json names the key; of a list, first or
// last is the number of rows that are kept, from its beginning or its end. A list
// has one of the two, because an endpoint can send rows without end.
type tags struct{ reflect.StructTag }

func (t tags) key() string { return t.Get("json") }

func (t tags) number(key string) int {
	n, _ := strconv.Atoi(t.Get(key))
	return n
}

// get returns the value under a key; unknown if it makes no sense as a T.
func get[T any](o object, key string) (v Opt[T]) {
	v.read(o[key], tags{})
	return v
}

func (o object) text(key string) Opt[string]          { return get[string](o, key) }
func (o object) flag(key string) Opt[bool]            { return get[bool](o, key) }
func (o object) moment(key string) Opt[time.Time]     { return get[time.Time](o, key) }
func (o object) millis(key string) Opt[time.Duration] { return get[time.Duration](o, key) }

func (o object) object(key string) object {
	m, _ := o[key].(map[string]any)
	return m
}
