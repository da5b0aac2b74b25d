package client

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestReadEvents(t *testing.T) {
	for _, c := range []struct {
		stream string
		want   []string
	}{
		{"", nil},
		{"data: {}\n\n", []string{"{}"}},
		{"id: 1\nevent: metrics\ndata: {}\n\n", []string{"{}"}},
		{"id: 1\r\nevent: metrics\r\ndata: {}\r\n\r\n", []string{"{}"}},
		{"data:{}\n\n", []string{"{}"}},
		{"data:  {}\n\n", []string{" {}"}},
		{"data: {\ndata: }\n\n", []string{"{\n}"}},
		{"data: 1\n\ndata: 2\n\n", []string{"1", "2"}},
		{"data: 1\n\n\n\n\ndata: 2\n\n", []string{"1", "2"}},
		{"event: other\ndata: 1\n\ndata: 2\n\n", []string{"2"}},
		{"event: metrics\nevent: other\ndata: 1\n\n", nil},
		{": a comment\n\n:\ndata: 1\n\n", []string{"1"}},
		{"retry: 1000\nunknown\nx: y\ndata: 1\n\n", []string{"1"}},
		{"event: metrics\n\n", nil},
		{"data\n\n", nil},
		{"data: never ends", nil},
		{"data: never ends\n", nil},
	} {
		var got []string
		err := readEvents(strings.NewReader(c.stream), func(data []byte) error {
			got = append(got, string(data))
			return nil
		})
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q: got %q, %v, want %q", c.stream, got, err, c.want)
		}
	}
}

func TestReadEventsStops(t *testing.T) {
	n := 0
	err := readEvents(strings.NewReader(strings.Repeat("data: 1\n\n", 5)), func([]byte) error {
		if n++; n == 3 {
			return errStreamUnused
		}
		return nil
	})
	check(t, "events", n, 3)
	check(t, "error", errors.Is(err, errStreamUnused), true)

	for what, stream := range map[string]string{
		"a line":   strings.Repeat("x", maxBody+100),
		"a data":   "data: " + strings.Repeat("x", maxBody+1) + "\n\n",
		"an event": strings.Repeat("data: "+strings.Repeat("x", maxBody/4)+"\n", 5) + "\n",
	} {
		err := readEvents(strings.NewReader(stream), func([]byte) error {
			t.Errorf("%s that is too long was handed over", what)
			return nil
		})
		check(t, what, errors.Is(err, errStreamInvalid), true)
	}
	most := "data: " + strings.Repeat("x", maxBody) + "\n\n"
	check(t, "the largest", readEvents(strings.NewReader(most), func(data []byte) error {
		check(t, "its size", len(data), maxBody)
		return nil
	}), nil)
	broken := io.MultiReader(strings.NewReader("data: 1\n\n"), &brokenReader{})
	check(t, "what broke", errors.Is(readEvents(broken, func([]byte) error { return nil }), io.ErrClosedPipe), true)
}

type brokenReader struct{}

func (*brokenReader) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

func FuzzReadEvents(f *testing.F) {
	for _, s := range []string{"data: {}\n\n", "event: metrics\r\ndata: 1\r\ndata: 2\r\n\r\n", ":\n\n", "data", "\x00\n\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, stream string) {
		err := readEvents(strings.NewReader(stream), func(data []byte) error {
			if len(data) == 0 || len(data) > maxBody || len(data) > len(stream) {
				t.Errorf("%q: got %d bytes of data", stream, len(data))
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStreamInvalid) {
			t.Errorf("%q: got %v", stream, err)
		}
	})
}
