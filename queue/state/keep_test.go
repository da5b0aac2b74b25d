package state

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue"
)

// keeping is a queue whose state is kept in a bubble.
type keeping struct {
	t    *testing.T
	o    operator
	path string
	f    *File
	q    *queue.Queue
	stop func() // returns when the last state is written
}

// keep keeps the state of a new queue. What there is to say is said to the operator,
// or to another.
func keep(t *testing.T, say ...func(format string, args ...any)) *keeping {
	k := &keeping{t: t, path: filepath.Join(t.TempDir(), "x.json")}
	var before queue.State
	k.f, before = Open(k.path, append(say, k.o.say)[0])
	var err error
	if k.q, err = queue.New(queue.DefaultSettings(), queue.Restore(before)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	kept := make(chan struct{})
	go func() { defer close(kept); k.f.Keep(ctx, k.q) }()
	k.stop = func() { cancel(); <-kept; k.f.Close() }
	return k
}

// resets returns how many the file says, -1 if there is none. A reset is the
// cheapest change there is.
func (k *keeping) resets() int64 {
	b, err := os.ReadFile(k.path)
	if err != nil {
		return -1
	}
	s, err := decode(b)
	if err != nil {
		k.t.Fatal(err)
	}
	return s.Resets
}

// after checks what the file says when time has passed.
func (k *keeping) after(d time.Duration, want int64) {
	k.t.Helper()
	time.Sleep(d)
	synctest.Wait()
	if got := k.resets(); got != want {
		k.t.Errorf("after %v: got %d, want %d", d, got, want)
	}
}

func TestWritesOnceASecondAndAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keep(t)
		k.after(10*time.Second, -1) // nothing happened
		k.q.Reset("x")
		k.after(999*time.Millisecond, -1)
		k.after(time.Millisecond, 1)
		for range 10 {
			k.q.Reset("x")
			k.after(99*time.Millisecond, 1)
		}
		k.after(10*time.Millisecond, 11)
		k.q.Reset("x")
		k.after(100*time.Millisecond, 11)
		k.stop()
		k.after(0, 12)
		k.o.heard(t)
	})
}

func TestAnIdleQueueWritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keep(t)
		k.q.Reset("x")
		k.after(time.Second, 1)
		if err := os.Remove(k.path); err != nil {
			t.Fatal(err)
		}
		k.after(time.Hour, -1)
		k.stop()
		k.after(0, -1)
		k.o.heard(t)
	})
}

func TestCountersSurviveARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.json")
	for run := int64(1); run <= 3; run++ {
		synctest.Test(t, func(t *testing.T) {
			var o operator
			f, before := Open(path, o.say)
			defer f.Close()
			q, err := queue.New(queue.DefaultSettings(), queue.Restore(before))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			kept := make(chan struct{})
			go func() { defer close(kept); f.Keep(ctx, q) }()
			if _, err := queue.Do(t.Context(), q, queue.Request{User: "a", Group: "team"}, func(context.Context) (int, error) { return 0, nil }); err != nil {
				t.Fatal(err)
			}
			if err := q.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			cancel()
			<-kept
			r := q.Report()
			if r.Metrics.Successful != run || r.Metrics.TotalRequests != run || len(r.Detail.Users) != 1 || r.Detail.Users[0].Done != run {
				t.Errorf("run %d: got %+v, users %+v", run, r.Metrics, r.Detail.Users)
			}
			o.heard(t)
		})
	}
}

func TestAFailingDiskIsLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keep(t)
		block := filepath.Join(tempPath(k.f.path), "x")
		for range 2 {
			if err := os.MkdirAll(block, 0o700); err != nil { // where the new file would be written
				t.Fatal(err)
			}
			before := k.resets()
			k.q.Reset("x")
			k.after(time.Second, before)
			k.o.heard(t, "cannot be written to "+k.path)
			k.q.Reset("x")
			k.after(20*time.Second, before)
			k.o.heard(t)
			if err := os.Remove(block); err != nil {
				t.Fatal(err)
			}
			k.after(time.Second, max(before, 0)+2) // without another change
			k.o.heard(t, "again")
			k.after(time.Minute, max(before, 0)+2)
			k.o.heard(t)
		}
		k.stop()
		if got := names(t, filepath.Dir(k.path)); len(got) != 1 {
			t.Errorf("got %v, want the file alone", got)
		}
	})
}

// crowd returns a state with n users, each longer idle than the one before.
func crowd(n int, name string) (s queue.State) {
	for i := range n {
		s.Users = append(s.Users, queue.UserState{Name: fmt.Sprintf("%s%d", name, i), Seen: queue.Time{Time: seen.Add(-time.Duration(i) * time.Minute)}})
	}
	return s
}

func TestALargeFileIsWrittenLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "x.json")
		b, err := encode(crowd(1500, "user_"), maxSize)
		if err != nil || len(b) < perWrite || len(b) >= 3*perWrite {
			t.Fatalf("%d bytes, %v", len(b), err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		rest := time.Duration(1+len(b)/perWrite) * interval
		k := &keeping{t: t, path: path}
		f, s := Open(path, k.o.say)
		defer f.Close()
		q, err := queue.New(queue.DefaultSettings(), queue.Restore(s))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		kept := make(chan struct{})
		go func() { defer close(kept); f.Keep(ctx, q) }()
		q.Reset("x")
		k.after(time.Second, 1)
		q.Reset("x")
		k.after(rest-time.Millisecond, 1)
		k.after(time.Millisecond, 2)
		q.Reset("x")
		cancel()
		<-kept
		k.after(0, 3)
	})
}

// A panic while the file is written is told, and the next write comes later and
// works.
func TestAPanicDoesNotEndKeeping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keep(t, func(string, ...any) { panic("no terminal") })
		dir := filepath.Dir(k.path)
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		k.q.Reset("x")
		k.after(time.Second, -1)
		if list := k.q.Troubles(); len(list) != 1 || list[0].Part != queue.PartState || list[0].Reason != "no terminal" || list[0].Count != 1 {
			t.Errorf("got %+v", list)
		}
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		k.after(panicPause-time.Millisecond, -1)
		k.after(time.Millisecond, 1)
		k.stop()
	})
}
