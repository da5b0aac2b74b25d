package client

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"paceline/queue"
)

// Opt is a figure that can be unknown. The zero Opt is unknown.
//
// An Opt that is a field of a [Sample] is read leniently: what is missing, null, of
// another JSON type or out of the bounds of T is unknown, and never an error. An
// Opt writes itself as JSON as the endpoint does: a time.Duration as milliseconds, a
// time.Time as RFC 3339, null if it is unknown.
type Opt[T any] struct {
	Value T
	Known bool
}

// Some returns a known figure.
func Some[T any](v T) Opt[T] { return Opt[T]{Value: v, Known: true} }

// Or returns the figure, or other if it is unknown.
func (o Opt[T]) Or(other T) T {
	if o.Known {
		return o.Value
	}
	return other
}

// tidy makes an unknown figure the zero Opt, so that nothing reads its value.
func (o Opt[T]) tidy() Opt[T] {
	if !o.Known {
		return Opt[T]{}
	}
	return o
}

// read implements [reader].
func (o *Opt[T]) read(v any, t tags) {
	*o = Opt[T]{}
	o.Known = t.set(&o.Value, v)
	*o = o.tidy()
}

// UnmarshalJSON implements json.Unmarshaler.
func (o *Opt[T]) UnmarshalJSON(body []byte) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return err
	}
	o.read(v, tags{})
	return nil
}

// MarshalJSON implements json.Marshaler.
func (o Opt[T]) MarshalJSON() ([]byte, error) {
	if !o.Known {
		return []byte("null"), nil
	}
	switch v := any(o.Value).(type) {
	case time.Time:
		return queue.Time{Time: v}.MarshalJSON()
	case time.Duration:
		return appendMillis(nil, v), nil
	case Uptime:
		return appendMillis(nil, time.Duration(v)), nil
	default:
		return encode(v)
	}
}

// appendMillis appends d in milliseconds, with a fraction only if it has one.
func appendMillis(b []byte, d time.Duration) []byte {
	whole, rest := d/time.Millisecond, d%time.Millisecond
	if rest == 0 {
		return strconv.AppendInt(b, int64(whole), 10)
	}
	return strconv.AppendFloat(b, float64(whole)+float64(rest)/float64(time.Millisecond), 'f', -1, 64)
}

// List is a list of rows. It is nil where the endpoint has no such list, and empty
// where it has no rows now; as JSON both are [].
type List[T any] []T

// read implements [reader]. It keeps as many rows as the tags allow, and of these
// the ones that make sense.
func (l *List[T]) read(v any, t tags) {
	*l = nil
	rows, ok := v.([]any)
	if t.wants(ok, v); !ok {
		return
	}
	var readable []any
	for _, row := range rows {
		if fits[T](row) {
			readable = append(readable, row)
		} else {
			t.wants(false, row)
		}
	}
	if most := t.number("last"); most > 0 {
		readable = last(readable, most)
	} else {
		readable = first(readable, t.number("first"))
	}
	*l = make(List[T], 0, len(readable))
	for _, row := range readable {
		var item T
		if readRow(&item, row, t) {
			*l = append(*l, item)
		}
	}
}

// fits reports whether a row has the JSON type of a T: an object, a text, or a number.
func fits[T any](row any) (ok bool) {
	switch any(*new(T)).(type) {
	case string:
		_, ok = row.(string)
	case int:
		_, ok = row.(json.Number)
	default:
		_, ok = row.(map[string]any)
	}
	return ok
}

// readRow reads a row that fits, and reports whether it makes sense.
func readRow(to, row any, t tags) bool {
	if o, ok := row.(map[string]any); ok {
		return fill(to, o, t.unread)
	}
	return t.set(to, row)
}

// MarshalJSON implements json.Marshaler.
func (l List[T]) MarshalJSON() ([]byte, error) {
	if len(l) == 0 {
		return []byte("[]"), nil
	}
	return encode([]T(l))
}

// encode writes v as JSON; whether <, > and & are escaped is left to the encoder
// that v is part of.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}
