package client

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// answerOf returns an answer with so many requests, as old servers send it: without
// the end of a line.
func answerOf(total int) string {
	return fmt.Sprintf(`{"status":"healthy","timestamp":%q,"metrics":{"totalRequests":%d,"inner":{"status":"x"}}}`,
		at(float64(total)).Format(time.RFC3339), total)
}

// readAll returns what a recording tells, an entry a word.
func readAll(t *testing.T, from io.Reader) (words string, skipped int64) {
	t.Helper()
	r := NewRecording(from)
	var all []string
	for {
		e, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return strings.Join(all, " "), r.Skipped()
		case err != nil:
			t.Fatal(err)
		case e.Kind == EntryReset:
			all = append(all, "reset")
		case e.Kind == EntryFailed:
			all = append(all, "failed")
		default:
			all = append(all, fmt.Sprint(e.Sample.Total.Value))
		}
	}
}

func TestRecordingTakesWhatItCan(t *testing.T) {
	html := "<!DOCTYPE html>\n<html>\n<script>f({\"a\": 1}); var x = {b: {c: 1}}</script>\n<p>502 {\n</html>\n"
	torn := answerOf(9)[:60]
	for _, c := range []struct {
		name, text, want string
		skipped          int64
	}{
		{"nothing", "", "", 0},
		{"blank lines", "\n\r\n  \n", "", 0},
		{"lines", answerOf(1) + "\n" + answerOf(2) + "\n", "1 2", 0},
		{"no end of a line", answerOf(1) + answerOf(2) + answerOf(3), "1 2 3", 0},
		{"over several lines", strings.ReplaceAll(answerOf(1), ",", ",\n  ") + "\n" + answerOf(2), "1 2", 0},
		{"a byte order mark", "\ufeff" + answerOf(1), "1", 0},
		{"other ends of lines", answerOf(1) + "\r\n" + answerOf(2) + "\r\n", "1 2", 0},
		{"a torn last line", answerOf(1) + "\n" + torn, "1", 1},
		{"a torn line", torn + "\n" + answerOf(2) + "\n" + answerOf(3), "2 3", 1},
		{"torn in a text", `{"status":"hea` + "\n" + answerOf(2) + "\n", "2", 1},
		{"torn in a text, and other keys first", `{"status":"hea` + "\n" + `{"timestamp":"","metrics":{"totalRequests":2}}` + "\n", "2", 1},
		{"torn after a colon", `{"a":{"b":` + "\n" + answerOf(2) + "\n" + answerOf(3), "2 3", 1},
		{"torn, and no end of a line", answerOf(1) + `{"status":"hea` + answerOf(2) + answerOf(3), "1 2 3", 1},
		{"torn twice", `{"status":"hea{"sta` + answerOf(2) + "\n" + answerOf(3), "2 3", 1},
		{"torn after a number", `{"status":1` + answerOf(2) + answerOf(3), "2 3", 1},
		{"torn after an object", `{"a":{}` + answerOf(2) + answerOf(3), "2 3", 1},
		{"torn lines", torn + "\n" + torn + "\n" + torn + "\n" + answerOf(3), "3", 3},
		{"pages of HTML", answerOf(1) + "\n" + html + answerOf(2) + html + answerOf(3), "1 2 3", 10},
		{"zeros", answerOf(1) + "\n\x00\x00\x00\n" + answerOf(2) + "\x00\n" + answerOf(3), "1 2 3", 2},
		{"other JSON", "[1,2]\n3\n{}\n{\"a\":1}\nnull\n\"text\"\n" + answerOf(1), "1", 6},
		{"not JSON at last", `{"metrics":{},}` + "\n" + answerOf(1), "1", 1},
		{"braces in texts", strings.Replace(answerOf(1), `"x"`, `"}{\"}\\"`, 1) + answerOf(2), "1 2", 0},
		{"a server's error", `{"error":"Failed","details":"why"}` + answerOf(1), "failed 1", 0},
		{"a reset", answerOf(1) + `{"success":true,"message":"Queue metrics have been reset"}` + "\n", "1 reset", 0},
		{"an event's error in a torn line", `{"detail":{"events":[{"time":"2026-11-23T14:00:00Z","error":"x"}` + "\n" + answerOf(1), "1", 1},
		{"deep", strings.Repeat(`{"a":`, 20000) + "\n" + answerOf(1), "1", 1},
		{"deep and closed", strings.Repeat(`{"a":`, 20000) + "1" + strings.Repeat("}", 20000) + "\n" + answerOf(1), "1", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			for how, from := range map[string]io.Reader{
				"at once":      strings.NewReader(c.text),
				"byte by byte": iotest.OneByteReader(strings.NewReader(c.text)),
			} {
				words, skipped := readAll(t, from)
				check(t, how, words, c.want)
				check(t, how+", skipped", skipped, c.skipped)
			}
		})
	}
}

func TestRecordingTellsOfFailedPolls(t *testing.T) {
	r := NewRecording(strings.NewReader(`{"error":"connection\u001b[31m refused","details":"is it running?","timestamp":"2026-11-23T14:00:05.000Z"}
{"error":"Failed to fetch metrics","details":"Unknown error"}`))
	e, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	check(t, "kind", e.Kind, EntryFailed)
	check(t, "at", e.At, at(5))
	check(t, "words", e.Failed.Words, "connection refused")
	check(t, "hint", e.Failed.Hint, "is it running?")
	if e, err = r.Next(); err != nil {
		t.Fatal(err)
	}
	check(t, "at", e.At, time.Time{})
	check(t, "words", e.Failed.Words, "the server failed: Failed to fetch metrics (Unknown error)")
}

// repeated is a text again and again, size bytes in all, and then an end.
func repeated(text string, size int64, end string) io.Reader {
	return io.MultiReader(io.LimitReader(&loop{text: text}, size), strings.NewReader(end))
}

type loop struct {
	text string
	at   int
}

func (l *loop) Read(p []byte) (int, error) {
	for n := 0; n < len(p); {
		copied := copy(p[n:], l.text[l.at:])
		n, l.at = n+copied, (l.at+copied)%len(l.text)
	}
	return len(p), nil
}

// A long line takes neither its size in memory nor, however it is made, a time
// that grows faster than it.
func TestRecordingOfEndlessLines(t *testing.T) {
	const size = 5 << 20 // more than may be held
	for _, text := range []string{
		"x", "{", `{"status"`, `{"status":{"a":"`, `{"a":[1,`, `"\{",`, `{"a":"\{","{x{x`, `{ `,
		`{"a":"` + strings.Repeat("y", 2<<20) + `{"status":`,
	} {
		t.Run(fmt.Sprintf("%.20s", text), func(t *testing.T) {
			t.Parallel()
			r := NewRecording(repeated(text, size, "\n"+answerOf(7)+"\n"))
			e, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			check(t, "after it", e.Sample.Total.Value, 7)
			if r.Skipped() == 0 {
				t.Error("skipped: got 0, want the line counted")
			}
			if cap(r.value) > 4<<20 || cap(r.pushedBack) > 4<<20 {
				t.Errorf("held: %d and %d bytes, want at most 4 MiB", cap(r.value), cap(r.pushedBack))
			}
		})
	}
}

func TestRecordingPassesOnWhatReadingFailsWith(t *testing.T) {
	broken := errors.New("input/output error")
	for _, before := range []string{"", answerOf(1)[:20]} {
		r := NewRecording(io.MultiReader(strings.NewReader(before), iotest.ErrReader(broken)))
		if _, err := r.Next(); !errors.Is(err, broken) {
			t.Errorf("after %q: got %v, want what reading failed with", before, err)
		}
	}
}

func FuzzRecording(f *testing.F) {
	for _, seed := range []string{
		answerOf(1) + "\n" + answerOf(2), answerOf(1)[:50] + answerOf(2), "<html>{\n" + answerOf(1), `{"a":"\{","{x`, `{"error":"x","timestamp":"2026-11-23T14:00:05Z"}`, "{\n{\n", "\ufeff{}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := NewRecording(bytes.NewReader(body))
		entries := 0
		for {
			e, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("got %v, want nothing but the end", err)
			}
			if entries++; entries > len(body)/2 {
				t.Fatalf("%d entries from %d bytes", entries, len(body))
			}
			if e.Kind == EntryFailed && (e.Failed == nil || e.Failed.Words != Clean(e.Failed.Words)) {
				t.Fatalf("a failed poll without clean words: %+v", e)
			}
		}
		// Whatever was before it, an answer on a line of its own is found.
		again := NewRecording(io.MultiReader(bytes.NewReader(body), strings.NewReader("\n"+answerOf(424242)+"\n")))
		for {
			e, err := again.Next()
			if err != nil {
				t.Fatalf("the answer after %q is not found: %v", body, err)
			}
			if e.Kind == EntryAnswer && e.Sample.Total == Some[int64](424242) {
				return
			}
		}
	})
}
