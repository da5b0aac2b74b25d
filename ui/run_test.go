package ui

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"paceline/client"
)

// screenBuffer is a terminal that only listens.
type screenBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *screenBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *screenBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func (s *screenBuffer) len() int { return len(s.String()) }

func env() []string { return []string{"TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8"} }

// session is the monitor running in a bubble, on a screen of 120x36.
type session struct {
	out  screenBuffer
	keys *io.PipeWriter
	done chan error
}

// start runs a program as Run does. It ends with end.
func start(ctx context.Context, o Options) *session {
	o.Zone = time.UTC
	in, keys := io.Pipe()
	s := &session{keys: keys, done: make(chan error, 1)}
	m := New(o)
	m.poll.random = func() float64 { return 0 }
	ctx, stop := context.WithCancel(ctx)
	p := newProgram(ctx, m, in, &s.out, env(), tea.WithWindowSize(120, 36), tea.WithoutSignalHandler())
	go func() {
		defer stop()
		_, err := p.Run()
		if m.fatal != nil {
			err = m.fatal
		}
		s.done <- err
	}()
	return s
}

// typed sends keys.
func (s *session) typed(keys string) {
	go func() { _, _ = io.WriteString(s.keys, keys) }()
	synctest.Wait()
}

// end quits, and waits until everything has ended.
func (s *session) end(t *testing.T) {
	t.Helper()
	s.typed("q")
	if err := <-s.done; err != nil {
		t.Errorf("got %v, want a quiet end", err)
	}
	_ = s.keys.Close()
	s.restored(t)
}

// restored fails the test unless the terminal is as it was.
func (s *session) restored(t *testing.T) {
	t.Helper()
	out := s.out.String()
	if on, off := strings.LastIndex(out, ansi.SetModeAltScreenSaveCursor), strings.LastIndex(out, ansi.ResetModeAltScreenSaveCursor); on < 0 || off < on {
		t.Errorf("the terminal stays on the alternate screen (on at %d, off at %d)", on, off)
	}
	if hide, show := strings.LastIndex(out, ansi.HideCursor), strings.LastIndex(out, ansi.ShowCursor); show < hide {
		t.Error("the cursor stays hidden")
	}
}

// steadySource is a source with a little of everything going on.
func steadySource() *fakeSource {
	rng := rand.New(rand.NewPCG(1, 2))
	waiting := 2.0
	return &fakeSource{poll: func(_ context.Context, n int) (client.Sample, error) {
		waiting = min(max(waiting+rng.NormFloat64()*0.6, 0), 5)
		s := sampleOf(n/3, int(waiting), time.Duration(2000+rng.IntN(600))*time.Millisecond)
		s.At = time.Now()
		s.Total, s.Successful = client.Some(int64(1240+n/3)), client.Some(int64(1180+n/3))
		s.Detail.NextStart = client.Some(time.Duration(rng.IntN(2000)) * time.Millisecond)
		return s, nil
	}}
}

// One poll at a time, however slow they are and whatever is pressed.
func TestOnePollInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &fakeSource{poll: func(ctx context.Context, n int) (client.Sample, error) {
			select {
			case <-time.After(3 * time.Second):
			case <-ctx.Done():
			}
			s := sampleOf(n, 1, time.Second)
			s.At = time.Now()
			return s, nil
		}}
		s := start(t.Context(), Options{Source: source})
		for range 60 {
			time.Sleep(time.Second)
			s.typed("RR+-")
		}
		if polls, _, most := source.counts(); most != 1 || polls < 15 {
			t.Errorf("got %d polls, %d at the same time; want at least 15, one at a time", polls, most)
		}
		s.end(t)
	})
}

// The first picture is there before the endpoint answers; a poll is given up
// after 5 s; the keys are alive all the time.
func TestSilentEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &fakeSource{poll: func(ctx context.Context, _ int) (client.Sample, error) {
			<-ctx.Done()
			return client.Sample{}, &client.Failure{Words: "no answer within 5 s", Err: ctx.Err()}
		}}
		s := start(t.Context(), Options{Source: source})
		time.Sleep(99 * time.Millisecond)
		synctest.Wait()
		if out := ansi.Strip(s.out.String()); !strings.Contains(out, "connecting to queue.example:3000") {
			t.Errorf("no picture after 0.1 s: %q", out)
		}
		time.Sleep(2 * time.Second)
		s.typed("?")
		time.Sleep(100 * time.Millisecond)
		if out := ansi.Strip(s.out.String()); !strings.Contains(out, "Keys") {
			t.Error("the help does not open while a poll is in flight")
		}
		s.typed("?")
		time.Sleep(4 * time.Second)
		if out := ansi.Strip(s.out.String()); !strings.Contains(out, "no answer within 5 s") {
			t.Error("the failure does not show after the time-out")
		}
		s.end(t)
	})
}

// While an answer is late, the screen says each second how old the figures are.
func TestLateAnswerShowsTheAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &fakeSource{poll: func(ctx context.Context, n int) (client.Sample, error) {
			s := sampleOf(0, 1, time.Second)
			if s.At = time.Now(); n > 0 {
				<-ctx.Done()
			}
			return s, nil
		}}
		began := time.Now()
		s := start(t.Context(), Options{Source: source})
		for _, c := range []struct {
			at   time.Duration
			want string
		}{{1900 * time.Millisecond, "live"}, {2100 * time.Millisecond, "2 s old"}, {3100 * time.Millisecond, "3"}} {
			before := s.out.len()
			time.Sleep(time.Until(began.Add(c.at)))
			if sent := ansi.Strip(s.out.String()[before:]); !strings.Contains(sent, c.want) {
				t.Errorf("after %v: got %q, want %q", c.at, sent, c.want)
			}
		}
		s.end(t)
	})
}

func TestPanicRestoresTheTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &fakeSource{poll: func(context.Context, int) (client.Sample, error) {
			time.Sleep(time.Second)
			panic("boom")
		}}
		s := start(t.Context(), Options{Source: source})
		err := <-s.done
		if err == nil || !strings.Contains(err.Error(), "panic: boom") || !strings.Contains(err.Error(), "run_test.go") {
			t.Errorf("got %v, want the panic with its stack", err)
		}
		_ = s.keys.Close()
		s.restored(t)
	})
}

func TestRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		in, keys := io.Pipe()
		var out screenBuffer
		done := make(chan error, 1)
		go func() { done <- Run(ctx, Options{Source: steadySource()}, in, &out, env()) }()
		time.Sleep(3 * time.Second)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("got %v, want nil", err)
		}
		_ = keys.Close()
		(&session{}).restoredIn(t, out.String())
	})
}

// The title is saved before anything else, and is back after all else, also after a panic.
func TestRunRestoresTheTitle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &fakeSource{poll: func(context.Context, int) (client.Sample, error) {
			time.Sleep(time.Second)
			panic("boom")
		}}
		in, keys := io.Pipe()
		var out screenBuffer
		if err := Run(t.Context(), Options{Source: source}, in, &out, env()); err == nil || !strings.Contains(err.Error(), "panic: boom") {
			t.Errorf("got %v, want the panic", err)
		}
		_ = keys.Close()
		if got := out.String(); !strings.HasPrefix(got, saveTitle) || !strings.HasSuffix(got, restoreTitle) {
			t.Errorf("got %.20q … %.20q, want the title saved and restored", got, got[max(0, len(got)-20):])
		}
	})
}

func (s *session) restoredIn(t *testing.T, out string) {
	_, _ = io.WriteString(&s.out, out)
	s.restored(t)
}

// Nothing is sent while nothing changes.
func TestQuietWhileNothingChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &fakeSource{poll: func(_ context.Context, n int) (client.Sample, error) {
			s := sampleOf(0, 0, time.Second)
			s.At, s.Timestamp = time.Now(), client.Some(time.Now())
			s.Detail.Uptime = client.Some(client.Uptime(time.Hour + time.Duration(n)*time.Second))
			return s, nil
		}}
		s := start(t.Context(), Options{Source: source})
		time.Sleep(6 * time.Minute)
		before := s.out.len()
		time.Sleep(time.Minute)
		if sent := s.out.len() - before; sent != 0 {
			t.Errorf("sent %d bytes in a minute in which nothing changed: %q", sent, s.out.String()[before:])
		}
		s.end(t)
	})
}

// A steady queue costs few bytes: measured at 120x36 with 1 s polls.
func TestTraffic(t *testing.T) {
	if testing.Short() {
		t.Skip("eight minutes of frames")
	}
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t.Context(), Options{Source: steadySource()})
		time.Sleep(6 * time.Minute)
		before := s.out.len()
		time.Sleep(2 * time.Minute)
		perSecond := (s.out.len() - before) / 120
		t.Logf("%d bytes per second", perSecond)
		if perSecond > 2500 {
			t.Errorf("got %d bytes per second, want at most 2500", perSecond)
		}
		s.end(t)
	})
}
