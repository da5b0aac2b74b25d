package sim

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue"
)

// stage is a demo around a queue of its own.
type stage struct {
	*Demo
	t *testing.T
	q *queue.Queue
}

// play starts a demo; the caller is in a bubble and calls end.
func play(t *testing.T, s queue.Settings, o DemoOptions, options ...queue.Option) stage {
	t.Helper()
	q, err := queue.New(s, options...)
	if err != nil {
		t.Fatal(err)
	}
	w, err := StartDemo(q, o)
	if err != nil {
		t.Fatal(err)
	}
	return stage{w, t, q}
}

func (s stage) end() {
	s.t.Helper()
	s.Close()
	if err := s.q.Shutdown(context.Background()); err != nil {
		s.t.Errorf("shutdown: %v", err)
	}
}

func (s stage) total() int64 { return s.q.Report().Metrics.TotalRequests }

// adaptive are the settings of the demo's queue.
func adaptive() queue.Settings {
	s := queue.DefaultSettings()
	s.Adaptive = true
	return s
}

// patient are settings that refuse nobody.
func patient() queue.Settings {
	s := queue.DefaultSettings()
	s.Step = 0
	s.MaxWait = time.Hour
	return s
}

func TestStartRefusesNonsense(t *testing.T) {
	for _, c := range []struct {
		o    DemoOptions
		want string
	}{
		{DemoOptions{Users: -1}, "users is -1: must be from 0"},
		{DemoOptions{Users: 6, Scene: "Calm"}, `scene is "Calm": must be one of calm,`},
	} {
		_, err := StartDemo(nil, c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v, want an error with %q", c.o, err, c.want)
		}
	}
}

func TestFirstRequestWithinASecond(t *testing.T) {
	for _, scene := range append(Scenes(), "") {
		for _, users := range []int{1, 6, 200} {
			for seed := range uint64(5) {
				synctest.Test(t, func(t *testing.T) {
					s := play(t, queue.DefaultSettings(), DemoOptions{Users: users, Scene: scene, Seed: seed})
					defer s.end()
					time.Sleep(time.Second)
					synctest.Wait()
					if s.total() == 0 {
						t.Errorf("%d users, scene %q, seed %d: no request in the first second", users, scene, seed)
					}
				})
			}
		}
	}
}

func TestNobodyThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(t, queue.DefaultSettings(), DemoOptions{})
		defer s.end()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if got := s.total(); got != 0 {
			t.Fatalf("without users: got %d requests, want none", got)
		}
		s.Add()
		time.Sleep(time.Second)
		synctest.Wait()
		if got := s.total(); got != 1 {
			t.Errorf("after Add: got %d requests, want 1", got)
		}
		s.Burst()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		r := s.q.Report()
		if got := r.Metrics.TotalRequests; got != 13 {
			t.Errorf("after Burst: got %d requests, want 13", got)
		}
		var users []string
		for _, u := range r.Detail.Users {
			users = append(users, u.Name)
		}
		slices.Sort(users)
		if got := strings.Join(users, " "); got != "guest_1 guest_2 guest_3 guest_4 you" {
			t.Errorf("got users %s, want you and four guests", got)
		}
	})
}

// TestKeyHeldDown holds the keys a and b down.
func TestKeyHeldDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(t, patient(), DemoOptions{})
		defer s.end()
		for range 500 {
			s.Add()
			s.Burst()
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := s.total(); got != 2*maxOutstanding {
			t.Errorf("got %d requests, want %d", got, 2*maxOutstanding)
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if got := s.q.Report().Metrics; got.CurrentQueueLength != 0 {
			t.Fatalf("10 minutes later: got %d waiting, want none", got.CurrentQueueLength)
		}
		s.Add()
		time.Sleep(time.Second)
		synctest.Wait()
		if got := s.total(); got != 2*maxOutstanding+1 {
			t.Errorf("another when they are done: got %d requests, want %d", got, 2*maxOutstanding+1)
		}
	})
}

func TestOutageByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(t, queue.DefaultSettings(), DemoOptions{})
		defer s.end()
		var tour time.Duration
		for _, a := range s.script {
			tour += a.length
		}
		// during waits for the middle of the next scene of that name.
		during := func(name string) {
			t.Helper()
			for waited := time.Duration(0); ; waited += time.Second {
				if a, began := s.script.at(s.elapsed()); a.scene.name == name && s.elapsed() >= began+a.length/2 {
					break
				}
				if waited > tour {
					t.Fatalf("no scene %s", name)
				}
				time.Sleep(time.Second)
			}
			synctest.Wait()
		}
		for i, step := range []struct {
			scene string
			set   string
			want  bool
		}{
			{"calm", "", false},
			{"outage", "", true},
			{"recovery", "", false},
			{"calm", "on", true},
			{"busy", "", true}, // a scene does not end it
			{"outage", "", true},
			{"recovery", "", true},
			{"calm", "off", false},
			{"outage", "off", false}, // the scene's ends, too
			{"recovery", "", false},
			{"calm", "", false},
			{"outage", "", true}, // and the next one comes as ever
		} {
			during(step.scene)
			if step.set != "" {
				s.SetOutage(step.set == "on")
			}
			if got := s.Outage(); got != step.want || s.Scene() != step.scene {
				t.Errorf("step %d, %s, set %q: got %s with outage %t, want %t", i, step.scene, step.set, s.Scene(), got, step.want)
			}
		}
	})
}

// TestOutageFromTheStart looks before any goroutine of the demo has run.
func TestOutageFromTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(t, queue.DefaultSettings(), DemoOptions{Scene: "outage"})
		defer s.end()
		if !s.Outage() {
			t.Error("scene outage: got no outage at the start, want one")
		}
	})
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(t, queue.DefaultSettings(), DemoOptions{Users: 40, Scene: "burst"})
		s.Add()
		s.Burst()
		time.Sleep(30 * time.Second)
		start := time.Now()
		s.Close() // no synctest.Wait after it: what it leaves must be gone when it returns
		if took := time.Since(start); took != 0 {
			t.Errorf("Close took %v, want no time", took)
		}
		r := s.q.Report()
		if r.Metrics.CurrentQueueLength != 0 || r.Detail.Running != 0 {
			t.Errorf("after Close: got %d waiting, %d running, want none", r.Metrics.CurrentQueueLength, r.Detail.Running)
		}
		s.Close()
		s.Add()
		s.Burst()
		if n := s.added.outstanding + s.guests.outstanding; n != 0 {
			t.Errorf("Add and Burst after Close: got %d requests on their way, want none", n)
		}
		time.Sleep(time.Minute)
		if got, before := s.total(), r.Metrics.TotalRequests; got != before {
			t.Errorf("after Close: got %d more requests, want none", got-before)
		}
		s.end()
	})
}

func TestQueueShutDownUnderTheUsers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(t, queue.DefaultSettings(), DemoOptions{Users: 6, Scene: "busy"})
		defer s.Close()
		time.Sleep(30 * time.Second)
		if err := s.q.Shutdown(t.Context()); err != nil {
			t.Errorf("shutdown: got %v, want the waiting to finish", err)
		}
		time.Sleep(time.Minute)
	})
}

func TestPanicIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		panics := make(chan string, 1)
		d, err := StartDemo(nil, DemoOptions{Users: 1, OnPanic: func(v any, stack []byte) {
			panics <- fmt.Sprintf("%v\n%s", v, stack)
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if got := <-panics; !strings.Contains(got, "nil pointer") || !strings.Contains(got, "runUser") {
			t.Errorf("got %s, want a nil pointer with the stack of the user", got)
		}
	})
}

// A script that panics does not keep Close waiting, nor whoever sends a request by
// hand.
func TestADemoThatPanickedCanBeClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		panics := 0
		d, err := StartDemo(nil, DemoOptions{OnPanic: func(any, []byte) { panics++ }})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		d.mu.Lock()
		d.script[1].scene.api.Median = -1
		d.mu.Unlock()
		time.Sleep(d.script[0].length)
		synctest.Wait()
		d.SetOutage(true)
		d.Close()
		if panics != 1 {
			t.Errorf("got %d panics, want one", panics)
		}
	})
}

// TestRunRepeats plays the whole tour twice and wants the same events.
func TestRunRepeats(t *testing.T) {
	run := func(seed uint64) []string {
		var lines []string
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			s := play(t, adaptive(), DemoOptions{Users: 6, Seed: seed}, queue.Seed(seed), queue.Observe(func(e queue.Event) {
				lines = append(lines, fmt.Sprintf("%v %s", e.Time.Sub(start).Round(time.Millisecond), e.Line()))
			}))
			time.Sleep(8 * time.Minute)
			synctest.Wait()
			played := lines
			s.end() // all users leave at once, in no order
			lines = played
		})
		return lines
	}
	a, b := run(1), run(1)
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Fatalf("event %d: got %s, want %s", i, b[i], a[i])
		}
	}
	if len(a) != len(b) || len(a) < 300 {
		t.Errorf("got %d and %d events, want as many, and some hundred", len(a), len(b))
	}
	if c := run(2); slices.Equal(a, c) {
		t.Error("another seed gives the same run")
	}
}
