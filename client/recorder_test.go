package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"paceline/queue"
)

// scripted is a source that answers as it is told.
type scripted struct {
	Source
	body string
	err  error
	at   time.Time
}

func (s *scripted) answer(context.Context) (Sample, []byte, error) {
	if s.err != nil {
		return Sample{}, nil, s.err
	}
	sample, err := Decode([]byte(s.body))
	sample.At = s.at
	return sample, []byte(s.body), err
}

func (s *scripted) Reset(context.Context) error { return s.err }

func openRecorder(t *testing.T, path string) *Recorder {
	t.Helper()
	r, err := OpenRecorder(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func contents(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// pretty is an answer over several lines; line is the same as it is recorded.
const pretty = "\ufeff {\n  \"status\": \"healthy\",\n  \"timestamp\": \"2026-11-23T14:00:00.000Z\",\n  \"metrics\": {\"totalRequests\": 1, \"note\": \"<b> a\\u2028 \"}\n}\n"

const line = `{"status":"healthy","timestamp":"2026-11-23T14:00:00.000Z","metrics":{"totalRequests":1,"note":"<b> a\u2028 "}}` + "\n"

func TestRecorderWritesALineAPoll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.jsonl")
	r := openRecorder(t, path)
	script := &scripted{body: pretty, at: at(100)} // our clock is 100 s ahead
	source := r.Record(script)
	if _, err := source.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(t, "after an answer", contents(t, path), line)

	script.err = &Failure{Words: "connection refused", Hint: "is it running?"}
	if _, err := source.Poll(t.Context()); !errors.Is(err, script.err) {
		t.Errorf("a failed poll: got %v, want it passed on", err)
	}
	rest := strings.TrimPrefix(contents(t, path), line)
	var failed failedPoll
	if err := json.Unmarshal([]byte(rest), &failed); err != nil {
		t.Fatalf("%q: %v", rest, err)
	}
	check(t, "error", failed.Error, "connection refused")
	check(t, "details", failed.Details, "is it running?")
	if behind := time.Since(failed.Timestamp.Time); (behind - 100*time.Second).Abs() > 50*time.Second {
		t.Errorf("its time: got %v behind our clock, want 100 s as the endpoint's", behind)
	}

	script.err = &Failure{Words: "cancelled", Err: context.Canceled}
	_, _ = source.Poll(t.Context())
	check(t, "after a poll that was given up", contents(t, path), line+rest)

	script.err = nil
	if err := source.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all := contents(t, path); !strings.Contains(all[len(line+rest):], `{"success":true,`) {
		t.Errorf("after a reset: got %q", all)
	}
	check(t, "close", r.Close(), nil)
	check(t, "close again", r.Close(), nil)
	_, _ = source.Poll(t.Context()) // nothing to write to any more, and no panic
}

// What is written is what the reader gives back, whoever sent it.
func TestRecordingRoundTrip(t *testing.T) {
	q, err := queue.New(queue.DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = q.Shutdown(t.Context()) }()
	path := filepath.Join(t.TempDir(), "r.jsonl")
	r := openRecorder(t, path)
	var told [2]Sample
	if told[0], err = r.Record(NewEmbedded(q, nil)).Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(q.Report())
	}))
	defer server.Close()
	over, err := NewHTTP(server.URL, HTTPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = over.Close() }()
	if told[1], err = r.Record(over).Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	recording := NewRecording(strings.NewReader(contents(t, path)))
	for i, want := range told {
		e, err := recording.Next()
		if err != nil {
			t.Fatal(err)
		}
		want.At, want.Took, want.Role = want.Timestamp.Value, 0, ""
		if !reflect.DeepEqual(e.Sample, want) {
			t.Errorf("answer %d:\n got %+v\nwant %+v", i, e.Sample, want)
		}
		check(t, "its time", e.At, want.At)
	}
	if _, err := recording.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: got %v, want io.EOF", err)
	}
}

func TestRecorderAppends(t *testing.T) {
	for _, c := range []struct{ name, before, want string }{
		{"nothing", "", line},
		{"whole lines", line + line, line + line + line},
		{"a torn line", line + `{"status":"hea`, line + `{"status":"hea` + "\n" + line},
		{"blank lines", "\n\n" + line, "\n\n" + line + line},
		{"a failed poll", `{"error":"x","timestamp":"2026-11-23T14:00:00.000Z"}` + "\n", `{"error":"x","timestamp":"2026-11-23T14:00:00.000Z"}` + "\n" + line},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "r.jsonl")
			if err := os.WriteFile(path, []byte(c.before), 0o600); err != nil {
				t.Fatal(err)
			}
			r := openRecorder(t, path)
			if _, err := r.Record(&scripted{body: pretty}).Poll(t.Context()); err != nil {
				t.Fatal(err)
			}
			check(t, "then", contents(t, path), c.want)
		})
	}
}

func TestRecorderLeavesOtherFilesAlone(t *testing.T) {
	folder := t.TempDir()
	other := filepath.Join(folder, "notes.txt")
	for _, text := range []string{"my notes\n", `{"a": 1}`, "<html></html>", "\x00\x00", strings.Repeat("x", 3<<20), "\n\n"} {
		if err := os.WriteFile(other, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenRecorder(other); !errors.Is(err, ErrNotARecording) {
			t.Errorf("%.20q: got %v, want ErrNotARecording", text, err)
		}
		check(t, "afterwards", contents(t, other) == text, true)
	}
	if _, err := OpenRecorder(folder); !errors.Is(err, ErrNotARecording) {
		t.Errorf("a folder: got %v, want ErrNotARecording", err)
	}
	if _, err := OpenRecorder(filepath.Join(folder, "no", "r.jsonl")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such folder: got %v, want os.ErrNotExist", err)
	}
	path := filepath.Join(folder, "r.jsonl")
	openRecorder(t, path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	check(t, "mode", info.Mode().Perm(), 0o600)
}

func TestRecorderKeepsTheNewest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.jsonl")
	r := openRecorder(t, path)
	r.maxSize = int64(3 * len(line))
	for range 8 {
		if _, err := r.Record(&scripted{body: pretty}).Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	check(t, "the file", contents(t, path), line+line)
	check(t, "its older half", contents(t, path+RotatedSuffix), line+line+line)
	check(t, "close", r.Close(), nil)
}

// A disk that is full for a while costs answers, and no whole line.
func TestRecorderSaysThatItHasGaps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.jsonl")
	r := openRecorder(t, path)
	good := r.file
	readOnly, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = readOnly.Close() }()
	source := r.Record(&scripted{body: pretty})
	r.file = readOnly
	if _, err := source.Poll(t.Context()); err != nil {
		t.Errorf("a poll that could not be written: got %v, want it to work", err)
	}
	r.file = good
	if _, err := source.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(t, "then", contents(t, path), line)
	if err := r.Close(); err == nil || !strings.Contains(err.Error(), "gaps") {
		t.Errorf("close: got %v, want the gaps", err)
	}
}

func BenchmarkRecordedPoll(b *testing.B) {
	var r Recorder
	body := bytes.Repeat([]byte(`{"kind":"started","waiting":3},`), 1000)
	body = append(append([]byte(`{"metrics":{},"x":[`), body...), "{}]}"...)
	for b.Loop() {
		r.recordAnswer(Sample{}, body)
	}
}
