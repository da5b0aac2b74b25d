package state

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue"
)

// remembering is a queue whose history is kept in a bubble.
type remembering struct {
	t    *testing.T
	o    *operator
	path string
	q    *queue.Queue
	stop func() // returns when the rest is written
}

// remember keeps the history of a new queue, which goes on where that of the file ends.
func remember(t *testing.T, path string, o *operator) *remembering {
	t.Helper()
	r := &remembering{t: t, o: o, path: path}
	h, before := OpenHistory(path, o.say)
	var err error
	if r.q, err = queue.New(queue.DefaultSettings(), queue.RestoreHistory(before)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	kept := make(chan struct{})
	go func() { defer close(kept); h.Keep(ctx, r.q) }()
	r.stop = func() {
		if err := r.q.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		cancel()
		<-kept
		h.Close()
	}
	return r
}

// request lets a request succeed, and time pass.
func (r *remembering) request(user string, then time.Duration) {
	r.t.Helper()
	if _, err := queue.Do(r.t.Context(), r.q, queue.Request{User: user}, func(context.Context) (int, error) { return 0, nil }); err != nil {
		r.t.Fatal(err)
	}
	time.Sleep(then)
	synctest.Wait()
}

// succeeded returns how many requests have, as the history tells.
func (r *remembering) succeeded() (n int64) {
	for _, s := range r.q.History(time.Time{}, time.Time{}, 0).Slices {
		n += s.Successful
	}
	return n
}

func TestTheHistoryOutlastsARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o operator
		path := filepath.Join(t.TempDir(), "dir", "x.history")
		begin := time.Now()
		r := remember(t, path, &o)
		for range 3 {
			r.request("anna", 7*time.Second)
		}
		r.q.Reset("ops")
		r.stop()
		time.Sleep(time.Hour)
		r = remember(t, path, &o)
		r.request("ben", time.Second)
		h := r.q.History(begin, time.Time{}, 0)
		if got := r.succeeded(); got != 4 {
			t.Errorf("%d have succeeded, want 4", got)
		}
		if len(h.Gaps) != 1 || !h.Gaps[0].Since.Equal(begin.Add(21*time.Second)) || !h.Gaps[0].Until.Equal(begin.Add(time.Hour+21*time.Second)) {
			t.Errorf("got the gaps %v", h.Gaps)
		}
		var kinds []string
		for _, e := range h.Troubles {
			kinds = append(kinds, string(e.Kind))
		}
		if got := strings.Join(kinds, " "); got != "reset draining restarted" {
			t.Errorf("the troubles are %s", got)
		}
		r.stop()
		r = remember(t, path, &o)
		if got := r.succeeded(); got != 4 {
			t.Errorf("after another restart %d have succeeded, want 4", got)
		}
		r.stop()
		o.heard(t)
	})
}

// Nobody who was killed loses more than the last seconds, and an idle hour before that is no
// gap.
func TestAKilledQueueKeepsItsHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o operator
		path := filepath.Join(t.TempDir(), "x.history")
		begin := time.Now()
		r := remember(t, path, &o)
		r.request("anna", 11*time.Second)
		file, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(file, []byte("anna")) {
			t.Fatalf("after 11 s the file has %s, %v", file, err)
		}
		time.Sleep(time.Hour)
		if file, err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
		r.stop()
		if err := os.WriteFile(path, file, 0o600); err != nil { // as it was when it was killed
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		r = remember(t, path, &o)
		h := r.q.History(begin, time.Time{}, 0)
		if len(h.Gaps) != 1 || h.Gaps[0].Since.Before(begin.Add(time.Hour-time.Minute)) {
			t.Errorf("got the gaps %v, want one from about %v on", h.Gaps, begin.Add(time.Hour))
		}
		r.stop()
		o.heard(t)
	})
}

// The file does not grow without end, and what is in it is enough.
func TestTheFileOfTheHistoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o operator
		path := filepath.Join(t.TempDir(), "x.history")
		r := remember(t, path, &o)
		largest, grew, shrank := int64(0), int64(0), 0
		for range 8 * 720 {
			r.request("anna", 5*time.Second)
			info, err := os.Stat(path)
			if err != nil {
				continue
			}
			if info.Size() < grew {
				shrank++
			}
			grew = info.Size()
			largest = max(largest, grew)
		}
		if largest > 2*maxAppended || shrank == 0 {
			t.Errorf("it had up to %d bytes, and was rewritten %d times", largest, shrank)
		}
		r.stop()
		r = remember(t, path, &o)
		if got := r.succeeded(); got != 8*720 {
			t.Errorf("%d have succeeded, want %d", got, 8*720)
		}
		r.stop()
		o.heard(t)
	})
}

// lines returns a file with a run, slices and a trouble.
func lines(t *testing.T) []byte {
	t.Helper()
	at := func(s int) queue.Time { return queue.Time{Time: seen.Add(time.Duration(s) * time.Second)} }
	s := queue.HistoryState{
		Runs:     []queue.Run{{Since: at(0), Until: at(30)}},
		Slices:   []queue.Slice{{At: at(0), LengthMs: 5000, Arrivals: 1}, {At: at(5), LengthMs: 5000, Arrivals: 2}},
		Troubles: []queue.Event{{Time: at(1), Kind: queue.KindFailed, User: "anna"}},
	}
	b, err := encodeHistory(s, maxHistory)
	if err != nil {
		t.Fatal(err)
	}
	return append([]byte(historyHead), b...)
}

// Of what is left out for want of room nothing is known: it is no time in which nothing happened.
func TestAHistoryThatIsTooLarge(t *testing.T) {
	at := func(s int) queue.Time { return queue.Time{Time: seen.Add(time.Duration(s) * time.Second)} }
	s := queue.HistoryState{Runs: []queue.Run{{Since: at(0), Until: at(40)}, {Since: at(50), Until: at(500)}}}
	for i := range 80 {
		s.Slices = append(s.Slices, queue.Slice{At: at(100 + 5*i), LengthMs: 5000, Arrivals: 1})
	}
	whole, err := encodeHistory(s, maxHistory)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		size, slices int
		runs         []queue.Run
	}{
		{len(whole), 80, s.Runs},
		{len(whole) - 1, 40, []queue.Run{{Since: at(300), Until: at(500)}}},
		{len(whole) / 3, 20, []queue.Run{{Since: at(400), Until: at(500)}}},
		{0, 0, nil}, // all that happened until the end
	} {
		b, err := encodeHistory(s, c.size)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := decodeHistory(b)
		if len(got.Slices) != c.slices || !slices.Equal(got.Runs, c.runs) {
			t.Errorf("%d of %d bytes: got %d slices, and runs %v, want %d and %v", c.size, len(whole), len(got.Slices), got.Runs, c.slices, c.runs)
		}
	}
}

// A file is read as far as it goes, wherever it was cut off.
func TestATornHistory(t *testing.T) {
	var o operator
	path := filepath.Join(t.TempDir(), "x.history")
	whole := lines(t)
	for size := len(historyHead); size <= len(whole); size++ {
		if err := os.WriteFile(path, whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		h, s := OpenHistory(path, o.say)
		runs := slices.DeleteFunc(s.Runs, func(r queue.Run) bool { return !r.Until.After(seen.Add(10 * time.Second)) }) // it ran while there were slices
		if got, want := len(runs)+len(s.Slices)+len(s.Troubles), bytes.Count(whole[:size], []byte("\n"))-1; h == nil || got != want {
			t.Fatalf("of %d bytes of %d: read %d lines, want %d", size, len(whole), got, want)
		}
		h.Close()
	}
	o.heard(t)
	// One that a disk has damaged is left out, alone.
	damaged := bytes.Replace(whole, []byte(`"arrivals":1,`), []byte(`"arrivals":7,`), 1)
	damaged = append(damaged, "\x00\x00\x00\n{}\n"...)
	if err := os.WriteFile(path, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	h, s := OpenHistory(path, o.say)
	if len(s.Runs) != 1 || len(s.Slices) != 1 || s.Slices[0].Arrivals != 2 || len(s.Troubles) != 1 {
		t.Errorf("got %+v", s)
	}
	o.heard(t, "left out: 3")
	h.Close()
}

// What a process that was killed did not write, and what was torn off the file or damaged in it,
// is a gap, and not a time in which nothing happened.
func TestWhatIsLostIsAGap(t *testing.T) {
	lineOf := func(file []byte, from int) (begins, ends int) { // of a slice, counted from the end
		begins = len(file)
		for range from {
			file = file[:begins]
			ends = bytes.LastIndex(file, []byte(`{"slice"`))
			begins = bytes.LastIndexByte(file[:ends], '\n') + 1
			ends += bytes.IndexByte(file[ends:], '\n') + 1
		}
		return begins, ends
	}
	for _, c := range []struct {
		name        string
		damage      func(file []byte) []byte
		since, till time.Duration // of the gap
		succeeded   int64
		said        []string
	}{
		{"killed", func(file []byte) []byte { return file }, 40 * time.Second, 103 * time.Second, 8, nil},
		{"the last line torn", func(file []byte) []byte { return file[:len(file)-37] }, 40 * time.Second, 103 * time.Second, 8, nil},
		{"the last slice torn", func(file []byte) []byte {
			_, end := lineOf(file, 1)
			return file[:end-37]
		}, 35 * time.Second, 103 * time.Second, 7, nil},
		{"one damaged", func(file []byte) []byte {
			begins, _ := lineOf(file, 3)
			file[begins] ^= 1
			return file
		}, 25 * time.Second, 30 * time.Second, 7, []string{"left out: 1"}},
		{"two damaged, the last of them at the end", func(file []byte) []byte {
			for _, n := range []int{1, 2} {
				begins, _ := lineOf(file, n)
				file[begins] ^= 1
			}
			return file
		}, 30 * time.Second, 103 * time.Second, 6, []string{"left out: 2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var o operator
				path := filepath.Join(t.TempDir(), "x.history")
				begin := time.Now()
				r := remember(t, path, &o)
				for range 8 {
					r.request("anna", 5*time.Second)
				}
				r.request("anna", 3*time.Second) // in a slice that is not over
				file, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				r.stop()
				if err := os.WriteFile(path, c.damage(bytes.Clone(file)), 0o600); err != nil { // as it was when it was killed
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				for range 2 { // what is lost stays a gap
					r = remember(t, path, &o)
					h := r.q.History(begin, time.Time{}, 0)
					if got := r.succeeded(); got != c.succeeded {
						t.Errorf("%d have succeeded, want %d", got, c.succeeded)
					}
					gap := queue.Gap{Since: queue.Time{Time: begin.Add(c.since)}, Until: queue.Time{Time: begin.Add(c.till)}}
					if !slices.ContainsFunc(h.Gaps, func(g queue.Gap) bool { return g.Since.Equal(gap.Since.Time) && g.Until.Equal(gap.Until.Time) }) {
						t.Errorf("got the gaps %v, want %v among them", h.Gaps, gap)
					}
					r.stop()
				}
				o.heard(t, c.said...)
			})
		})
	}
}

func TestHistoriesThatCannotBeRead(t *testing.T) {
	whole := lines(t)
	for _, c := range []struct {
		name  string
		file  []byte
		aside string
	}{
		{"a newer version", bytes.Replace(whole, []byte("history 1"), []byte("history 2"), 1), "other-"},
		{"no history", []byte("paceline owners 1\n"), "damaged-"},
		{"empty", nil, "damaged-"},
		{"huge", make([]byte, maxHistoryFile+1), "damaged-"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var o operator
			path := filepath.Join(t.TempDir(), "x.history")
			if err := os.WriteFile(path, c.file, 0o600); err != nil {
				t.Fatal(err)
			}
			h, s := OpenHistory(path, o.say)
			defer h.Close()
			if h == nil || !reflect.DeepEqual(s, queue.HistoryState{}) {
				t.Errorf("got %v and %+v, want a file and nothing", h, s)
			}
			o.heard(t, "is none of this version; it is now x.history."+c.aside)
			if list := names(t, filepath.Dir(path)); len(list) != 1 || !strings.HasPrefix(list[0], "x.history."+c.aside) {
				t.Errorf("got %v", list)
			}
		})
	}
}

func TestTwoOfOneHistory(t *testing.T) {
	var o operator
	path := filepath.Join(t.TempDir(), "x.history")
	first, _ := OpenHistory(path, o.say)
	second, _ := OpenHistory(path, o.say)
	if first == nil || second != nil {
		t.Errorf("got %v and %v, want one", first, second)
	}
	o.heard(t, "another process")
	second.Keep(t.Context(), nil) // returns
	first.Close()
}

func TestAFailingDiskOfTheHistoryIsLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o operator
		path := filepath.Join(t.TempDir(), "x.history")
		block := filepath.Join(tempPath(path), "x")
		r := remember(t, path, &o)
		if err := os.MkdirAll(block, 0o700); err != nil { // where the new file would be written
			t.Fatal(err)
		}
		r.request("anna", 30*time.Second)
		o.heard(t, "cannot be written to "+path)
		if err := os.RemoveAll(tempPath(path)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Second)
		synctest.Wait()
		o.heard(t, "is written to "+path+" again")
		r.stop()
		r = remember(t, path, &o)
		if got := r.succeeded(); got != 1 {
			t.Errorf("%d have succeeded, want 1", got)
		}
		r.stop()
	})
}
