package sse_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"paceline/queue/sse"
)

// inPieces feeds a stream in pieces of a size, each of which is overwritten once
// it is read, and returns the events in words.
func inPieces(p *sse.Parser, stream string, size int) (events []string) {
	for rest := []byte(stream); len(rest) > 0; {
		piece := bytes.Clone(rest[:min(size, len(rest))])
		rest = rest[len(piece):]
		p.Feed(piece)
		for p.Next() {
			events = append(events, words(p.Event()))
		}
		for i := range piece {
			piece[i] = '!'
		}
	}
	return events
}

// words writes an event as "type id: data".
func words(e sse.Event) string {
	s := string(e.Type)
	if len(e.ID) > 0 {
		s += " " + string(e.ID)
	}
	s += ": " + string(e.Data)
	if e.Truncated {
		s += " (cut)"
	}
	return s
}

var sizes = []int{1, 2, 3, 5, 8, 1 << 20}

func TestEvents(t *testing.T) {
	for _, c := range []struct {
		stream string
		want   []string
	}{
		{"", nil},
		{"data: 1\n\n", []string{"message: 1"}},
		{"data: 1\r\n\r\n", []string{"message: 1"}},
		{"data: 1\r\r", []string{"message: 1"}},
		{"data: 1\n\r\ndata: 2\r\n\rdata: 3\r\n\n", []string{"message: 1", "message: 2", "message: 3"}},
		{"data: 1\n\n\n\n\ndata: 2\n\n", []string{"message: 1", "message: 2"}},
		{"event: add\ndata: 1\n\ndata: 2\n\n", []string{"add: 1", "message: 2"}},
		{"event: add\nevent: remove\ndata: 1\n\n", []string{"remove: 1"}},
		{"event:\ndata: 1\n\n", []string{"message: 1"}},

		// data
		{"data:1\n\n", []string{"message: 1"}},
		{"data:  1\n\n", []string{"message:  1"}},
		{"data: a:b\n\n", []string{"message: a:b"}},
		{"data: a\ndata: b\ndata\ndata:\ndata: c\n\n", []string{"message: a\nb\n\n\nc"}},
		{"data: a\nevent: add\ndata: b\n\n", []string{"add: a\nb"}},
		{"data:\n\n", []string{"message: "}},
		{"data\n\n", []string{"message: "}},
		{"data\ndata\n\n", []string{"message: \n"}},
		{"event: add\n\ndata: 1\n\n", []string{"message: 1"}}, // an event without data is none

		// id
		{"id: 7\ndata: 1\n\ndata: 2\n\nid\ndata: 3\n\n", []string{"message 7: 1", "message 7: 2", "message: 3"}},
		{"id: 7\n\ndata: 1\n\n", []string{"message 7: 1"}},
		{"id: 7\nid: \x008\ndata: 1\n\n", []string{"message 7: 1"}},

		// what is no field
		{": a comment\n\n:\ndata: 1\n:\n\n", []string{"message: 1"}},
		{"dataset: 0\nData: 0\n data: 0\ndata : 0\nx\n\ndata: 1\n\n", []string{"message: 1"}},
		{"\x00\xff\n\ndata: \x00\xff\n\n", []string{"message: \x00\xff"}},

		// the byte order mark, once
		{"\ufeffdata: 1\n\n\ufeffdata: 2\n\n", []string{"message: 1"}},
		{"\ufeff\ndata: 1\n\n", []string{"message: 1"}},
		{"\n\ufeffdata: 1\n\n", nil},
		{"\ufeff\ufeffdata: 1\n\n", nil},

		// the end
		{"data: 1\n\ndata: 2", []string{"message: 1"}},
		{"data: 1\n\ndata: 2\n", []string{"message: 1"}},
		{"data: 1\n\ndata: 2\r\n\r", []string{"message: 1", "message: 2"}},
	} {
		for _, size := range sizes {
			if got := inPieces(new(sse.Parser), c.stream, size); !slices.Equal(got, c.want) {
				t.Errorf("%q in pieces of %d: got %q, want %q", c.stream, size, got, c.want)
			}
		}
	}
}

func TestLinesThatAreEvents(t *testing.T) {
	const stream = "data: 1\ndata: 2\r\nevent: add\ndata: 3\n\n\ndata\nevent: add\n\ndata: 4\ndata: 5"
	want := []string{"message: 1", "message: 2", "add: 3", "message: ", "message: 4"}
	for _, size := range sizes {
		if got := inPieces(&sse.Parser{EventPerLine: true}, stream, size); !slices.Equal(got, want) {
			t.Errorf("in pieces of %d: got %q, want %q", size, got, want)
		}
	}
}

func TestWhatIsTooLongIsCut(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	for _, c := range []struct {
		name, stream string
		want         []string
		err          error // of a reader, after the events that are not cut
	}{
		{"the longest data", "data: " + x(20) + "\n\n", []string{"message: " + x(20)}, io.EOF},
		{"data", "data: " + x(21) + "\n\ndata: 1\n\n", []string{"message: " + x(20) + " (cut)", "message: 1"}, sse.ErrTooLong},
		{"the second of two", "data: 1\n\ndata: " + x(21) + "\n\n", []string{"message: 1", "message: " + x(20) + " (cut)"}, sse.ErrTooLong},
		{"two lines", "data: " + x(9) + "\ndata: " + x(10) + "\n\n", []string{"message: " + x(9) + "\n" + x(10)}, io.EOF},
		{"two lines with a byte more", "data: " + x(10) + "\ndata: " + x(10) + "\n\n", []string{"message: " + x(10) + "\n" + x(9) + " (cut)"}, sse.ErrTooLong},
		{"no room for the second", "data: " + x(20) + "\ndata\n\n", []string{"message: " + x(20) + " (cut)"}, sse.ErrTooLong},
		{"many lines", strings.Repeat("data: 1\n", 100) + "\n", []string{"message: " + strings.Repeat("1\n", 10) + " (cut)"}, sse.ErrTooLong},
		{"a line", "data: " + x(100) + "\n\ndata: 1\n\n", []string{"message: " + x(20) + " (cut)", "message: 1"}, sse.ErrTooLong},
		{"a line without end", "data: 1\n\ndata: " + x(100), []string{"message: 1"}, sse.ErrTooLong},
		{"a comment", ":" + x(100) + "\ndata: 1\n\n", []string{"message: 1 (cut)"}, sse.ErrTooLong},
	} {
		for _, size := range sizes {
			if got := inPieces(&sse.Parser{Limit: 20}, c.stream, size); !slices.Equal(got, c.want) {
				t.Errorf("%s, in pieces of %d: got %q, want %q", c.name, size, got, c.want)
			}
		}
		r := sse.NewReader(strings.NewReader(c.stream), sse.Parser{Limit: 20})
		got, err := all(r)
		whole := c.want
		if i := slices.IndexFunc(c.want, func(s string) bool { return strings.HasSuffix(s, " (cut)") }); i >= 0 {
			whole = c.want[:i]
		}
		if !slices.Equal(got, whole) || !errors.Is(err, c.err) {
			t.Errorf("%s, read: got %q, %v, want %q, %v", c.name, got, err, whole, c.err)
		}
		if _, again := r.Next(); !errors.Is(again, c.err) {
			t.Errorf("%s, read on: got %v, want %v", c.name, again, c.err)
		}
	}
}

func all(r *sse.Reader) (events []string, err error) {
	for {
		e, err := r.Next()
		if err != nil {
			return events, err
		}
		events = append(events, words(e))
	}
}

// endless gives the same bytes forever.
type endless string

// Read implements io.Reader.
func (e endless) Read(b []byte) (int, error) { return copy(b, e), nil }

func TestReader(t *testing.T) {
	const two = "data: 1\n\ndata: 2\n\n"
	for _, c := range []struct {
		name string
		from io.Reader
		want []string
		err  error
	}{
		{"nothing", strings.NewReader(""), nil, io.EOF},
		{"events", strings.NewReader(two), []string{"message: 1", "message: 2"}, io.EOF},
		{"byte by byte", iotest.OneByteReader(strings.NewReader(two)), []string{"message: 1", "message: 2"}, io.EOF},
		{"the error comes with the bytes", iotest.DataErrReader(strings.NewReader(two)), []string{"message: 1", "message: 2"}, io.EOF},
		{"it breaks", io.MultiReader(strings.NewReader(two), iotest.ErrReader(io.ErrClosedPipe)), []string{"message: 1", "message: 2"}, io.ErrClosedPipe},
		{"it breaks within", io.MultiReader(strings.NewReader(two[:10]), iotest.ErrReader(io.ErrClosedPipe)), []string{"message: 1"}, io.ErrClosedPipe},
		{"a line without end", endless("x"), nil, sse.ErrTooLong},
		{"an event without end", endless("data: 1\n"), nil, sse.ErrTooLong},
		{"a reader that gives nothing", endless(""), nil, io.ErrNoProgress},
	} {
		got, err := all(sse.NewReader(c.from, sse.Parser{}))
		if !slices.Equal(got, c.want) || !errors.Is(err, c.err) {
			t.Errorf("%s: got %q, %v, want %q, %v", c.name, got, err, c.want, c.err)
		}
	}
}

// The memory that the parser holds does not grow with the stream.
func TestNothingIsAllocatedPerEvent(t *testing.T) {
	stream := []byte(strings.Repeat("id: 7\nevent: content_block_delta\ndata: {\"type\":\"content_block_delta\"}\n\n", 100) + "event: half")
	pieces := [][]byte{stream[:len(stream)/2], stream[len(stream)/2:], []byte("\n\n")}
	var p sse.Parser
	n := testing.AllocsPerRun(100, func() {
		for _, piece := range pieces {
			p.Feed(piece)
			for p.Next() {
				_ = p.Event()
			}
		}
	})
	if n > 0 {
		t.Errorf("got %v allocations for 100 events, want 0", n)
	}
}

// plainly is the standard as it is written, over a whole stream.
func plainly(stream string) (events []string) {
	stream = strings.TrimPrefix(stream, "\ufeff")
	lines := regexp.MustCompile("\r\n|\n|\r").Split(stream, -1)
	var kind, data, id string
	for _, line := range lines[:len(lines)-1] {
		if line == "" {
			if data != "" {
				if kind == "" {
					kind = "message"
				}
				events = append(events, words(sse.Event{Type: []byte(kind), ID: []byte(id), Data: []byte(strings.TrimSuffix(data, "\n"))}))
			}
			kind, data = "", ""
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "data":
			data += value + "\n"
		case "event":
			kind = value
		case "id":
			if !strings.Contains(value, "\x00") {
				id = value
			}
		}
	}
	return events
}

func FuzzParser(f *testing.F) {
	for _, s := range []string{
		"data: {}\n\n", "event: metrics\r\ndata: 1\r\ndata: 2\r\n\r\n", "id: 1\r\rdata\n\n", ":\n\n", "data", "\ufeffdata\n\ndata\r\n\n\r",
	} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, stream string, size int) {
		if len(stream) > 1000 {
			return
		}
		want := plainly(stream)
		if got := inPieces(new(sse.Parser), stream, max(size, 1)); !slices.Equal(got, want) {
			t.Errorf("%q in pieces of %d: got %q, want %q", stream, size, got, want)
		}
		if got, err := all(sse.NewReader(strings.NewReader(stream), sse.Parser{})); !slices.Equal(got, want) || !errors.Is(err, io.EOF) {
			t.Errorf("%q: got %q, %v, want %q", stream, got, err, want)
		}
		whole := inPieces(&sse.Parser{Limit: 5}, stream, len(stream)+1)
		if got := inPieces(&sse.Parser{Limit: 5}, stream, max(size, 1)); !slices.Equal(got, whole) {
			t.Errorf("%q, cut, in pieces of %d: got %q, want %q", stream, size, got, whole)
		}
	})
}

func FuzzAppend(f *testing.F) {
	f.Add("ping", []byte(`{"type":"ping"}`), "7")
	f.Add("", []byte("a\nb\r\nc\rd\n"), "")
	f.Fuzz(func(t *testing.T, kind string, data []byte, id string) {
		if strings.ContainsAny(kind, "\r\n") || strings.ContainsAny(id, "\r\n\x00") || len(data) > 1000 || len(kind)+len(id) > 1000 {
			return
		}
		stream := sse.Append(nil, sse.Event{Type: []byte(kind), Data: data, ID: []byte(id)})
		lines := regexp.MustCompile("\r\n|\r").ReplaceAll(data, []byte("\n"))
		want := words(sse.Event{Type: []byte(kind), Data: lines, ID: []byte(id)})
		if kind == "" {
			want = "message" + want
		}
		if got := inPieces(new(sse.Parser), string(stream), 7); len(got) != 1 || got[0] != want {
			t.Errorf("%q: got %q, want %q", stream, got, want)
		}
	})
}

func ExampleReader() {
	stream := strings.NewReader("event: add\ndata: 1\n\ndata: 2\ndata: 3\n\n")
	events := sse.NewReader(stream, sse.Parser{})
	for {
		e, err := events.Next()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: %q\n", e.Type, e.Data)
	}
	// Output:
	// add: "1"
	// message: "2\n3"
	// EOF
}
