package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// sameAsDecode fails the test unless a decoder says of an answer what Decode says.
func sameAsDecode(t *testing.T, d *decoder, body []byte) {
	t.Helper()
	got, err := d.decode(body)
	want, wantErr := Decode(body)
	if !reflect.DeepEqual(got, want) || (err == nil) != (wantErr == nil) {
		t.Errorf("%.80s: got %+v, %v\nwant %+v, %v", body, got, err, want, wantErr)
	}
	var failure, wanted *Failure
	if errors.As(err, &failure) && errors.As(wantErr, &wanted) && failure.Words != wanted.Words {
		t.Errorf("%.80s: got %q, want %q", body, failure.Words, wanted.Words)
	}
}

// Events that are known are not decoded again, and nobody sees that.
func TestDecoderSaysWhatDecodeSays(t *testing.T) {
	row := func(n int) string {
		return fmt.Sprintf(`{"time":"2026-11-23T14:00:%02dZ","kind":"added","user":"user [%d]\"}","waiting":%d}`, n%60, n, n)
	}
	answer := func(rows ...string) []byte {
		return fmt.Appendf(nil, ` { "metrics": {"failed":1}, "detail" : {"events": [ %s ] ,"eventsTotal":%d, "running": 2} }`, strings.Join(rows, " , "), len(rows)+7)
	}
	between := func(from, to int) (rows []string) {
		for n := from; n < to; n++ {
			rows = append(rows, row(n))
		}
		return rows
	}
	var d decoder
	for _, body := range [][]byte{
		answer(between(0, 40)...),
		answer(between(3, 44)...),
		answer(between(3, 44)...),
		answer(append(between(10, 20), between(22, 60)...)...), // two are missing
		answer(append(between(40, 50), between(10, 20)...)...), // another order
		answer(between(0, 300)...),
		answer(),
		answer(row(1), "7", "[]", `{"kind":"added"}`, row(2)), // no objects, and one that makes no sense
		answer(row(1), row(1), row(1)),
		[]byte(`{"detail":{"events":{},"eventsTotal":3}}`),
		[]byte(`{"detail":{"events":[` + row(1) + `],"events":[` + row(2) + `],"eventsTotal":3}}`),
		[]byte(`{"detail":[],"metrics":{}}`),
		answer(between(0, 9)...)[:300],
		append(answer(row(1)), "{}"...),
		answer(`{"kind":`),
		[]byte("<html>"), nil,
	} {
		sameAsDecode(t, &d, body)
	}
}

func FuzzDecoder(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "wire", "*.json"))
	if err != nil || len(files) == 0 {
		f.Fatal("no examples", err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body, body[:len(body)/2])
	}
	full, err := json.Marshal(fullReport())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(full, []byte(`{"detail":{"eventsTotal":4,"events":[{"time":"2025-01-07T20:00:00Z","kind":"added"},1,"x\"]",{"a":[{}]}]}}`))
	f.Fuzz(func(t *testing.T, first, then []byte) {
		var d decoder
		for _, body := range [][]byte{first, then, first} {
			sameAsDecode(t, &d, body)
		}
	})
}
