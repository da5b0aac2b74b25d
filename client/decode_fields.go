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
	return fill(to, o, nil)
}

// fill is fillStruct, and adds to unread how many values could not be read.
func fill(to any, o object, unread *int) (ok bool) {
	s := reflect.ValueOf(to).Elem()
	for i := range s.NumField() {
		t := tags{s.Type().Field(i).Tag, unread}
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
		t.wants(isObject, v)
		fill(to, o, t.unread)
	case field.Kind() == reflect.Pointer:
		if t.wants(isObject, v); !isObject { // it stays nil
			return
		}
		if inner := reflect.New(field.Type().Elem()); fill(inner.Interface(), o, t.unread) {
			field.Set(inner)
		}
	default:
		t.set(to, v)
	}
}

// tags are the tags of a struct's field: json names the key; of a list, first or
// last is the number of rows that are kept, from its beginning or its end. A list
// has one of the two, because an endpoint can send rows without end. With them goes the number
// of values that could not be read; nil where nobody counts.
type tags struct {
	reflect.StructTag
	unread *int
}

// wants counts a value that is there, and is not what was wanted.
func (t tags) wants(ok bool, v any) {
	if !ok && v != nil && t.unread != nil {
		*t.unread++
	}
}

// set is [setValue], and counts a value that cannot be read: a blank text and an unknown word
// are read.
func (t tags) set(to, v any) (ok bool) {
	ok = setValue(to, v)
	_, isText := v.(string)
	_, isLevel := to.(*Level)
	isWord := isLevel || reflect.TypeOf(to).Elem().Kind() == reflect.String
	t.wants(ok || isWord && isText, v)
	return ok
}

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
