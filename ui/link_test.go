package ui

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"paceline/client"
)

// modem is a terminal behind a slow line: what is written to it is taken at once and shown
// later, and it answers when it shows the question.
type modem struct {
	rate    int           // bytes a second
	delay   time.Duration // of an answer
	stalled time.Time
	answer  func(string)

	mu     sync.Mutex
	free   time.Time // when all is shown that was written
	frames []modemFrame
	owed   int // answers on their way
	out    int // of these, to questions for the status
	most   int // of those, at the same time
}

// answerTo returns the answer to the question that text begins with, and that one's length.
func answerTo(text string) (answer string, n int) {
	for question, answer := range map[string]string{
		statusQuestion:                     string(statusGood),
		ansi.RequestModeSynchronizedOutput: "\x1b[?2026;0$y",
		ansi.RequestModeUnicodeCore:        "\x1b[?2027;0$y",
		ansi.RequestBackgroundColor:        "\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\",
		ansi.RequestKittyKeyboard:          "\x1b[?0u",
		ansi.RequestCursorPositionReport:   "\x1b[36;3R",
	} {
		if strings.HasPrefix(text, question) {
			return answer, len(question)
		}
	}
	return "", 0
}

// modemFrame is one write.
type modemFrame struct {
	written, begins time.Time
	text            string
}

func (m *modem) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	begins := now
	for _, t := range []time.Time{m.free, m.stalled} {
		if t.After(begins) {
			begins = t
		}
	}
	m.frames = append(m.frames, modemFrame{now, begins, string(p)})
	takes := func(n int) time.Duration { return time.Duration(n) * time.Second / time.Duration(m.rate) }
	m.free = begins.Add(takes(len(p)))
	for i := range p {
		answer, n := answerTo(string(p[i:]))
		if m.answer != nil && n > 0 {
			if m.owed++; answer == string(statusGood) {
				m.out++
				m.most = max(m.most, m.out)
			}
			time.AfterFunc(begins.Add(takes(i+n)+m.delay).Sub(now), func() {
				m.answer(answer)
				m.mu.Lock()
				defer m.mu.Unlock()
				if m.owed--; answer == string(statusGood) {
					m.out--
				}
			})
		}
	}
	return len(p), nil
}

// since returns what was written since a time.
func (m *modem) since(t time.Time) (frames []modemFrame, bytes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, f := range m.frames {
		if !f.written.Before(t) {
			frames = append(frames, f)
			bytes += len(f.text)
		}
	}
	return frames, bytes
}

// stall shows nothing until then.
func (m *modem) stall(until time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stalled = until
}

func (m *modem) answersOwed() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.owed
}

// asksAgain counts the questions from here on.
func (m *modem) asksAgain() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.most = m.out
}

func (m *modem) busyUntil() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.free
}

// watchOver runs the monitor on a modem, over a queue in which much happens.
func watchOver(t *testing.T, line *modem, answers bool) (typed func(string), end func()) {
	t.Helper()
	in, keys := io.Pipe()
	if answers {
		line.answer = func(text string) { _, _ = io.WriteString(keys, text) }
	}
	source := &fakeSource{poll: func(_ context.Context, n int) (client.Sample, error) {
		s := incident(n % 60)
		s.At = time.Now()
		return s, nil
	}}
	m := New(Options{Source: source, Zone: time.UTC})
	m.poll.random = func() float64 { return 0 }
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	p := newProgram(ctx, m, in, line, append(env(), "SSH_CONNECTION=192.0.2.1 1 192.0.2.2 22"), tea.WithWindowSize(120, 36), tea.WithoutSignalHandler(), tea.WithColorProfile(colorprofile.TrueColor))
	go func() {
		defer stop()
		_, err := p.Run()
		done <- err
	}()
	typed = func(text string) {
		go func() { _, _ = io.WriteString(keys, text) }()
		synctest.Wait()
	}
	return typed, func() {
		typed("\x03")
		if err := <-done; err != nil {
			t.Errorf("got %v, want a quiet end", err)
		}
		synctest.Wait()
		if owed := line.answersOwed(); owed > 0 {
			t.Errorf("%d answers are left to the shell", owed)
		}
		_ = keys.Close()
		time.Sleep(drainTime) // what would have ended it without an answer
	}
}

// On a slow line what a key does is shown right after the one frame that was on its way,
// however much else has changed, and no frame is longer than 1 kB.
func TestSlowLineShowsAKeyNext(t *testing.T) {
	for i := range 12 {
		key := []struct{ text, effect string }{{"?", "Keys"}, {"l", "Lanes"}, {"e", "requests added, "}, {"r", "Reset the counters"}}[i%4]
		synctest.Test(t, func(t *testing.T) {
			line := &modem{rate: 960}
			typed, end := watchOver(t, line, true)
			time.Sleep(30*time.Second + time.Duration(i)*93*time.Millisecond)
			line.asksAgain()
			pressed, latest := time.Now(), time.Now()
			if free := line.busyUntil(); free.After(latest) {
				latest = free
			}
			typed(key.text)
			time.Sleep(5 * time.Second)
			frames, _ := line.since(pressed)
			shown := slices.IndexFunc(frames, func(f modemFrame) bool { return strings.Contains(ansi.Strip(f.text), key.effect) })
			if shown < 0 || shown > 1 {
				for _, f := range frames[:min(len(frames), 6)] {
					t.Logf("%v %v %d %q", f.written.Sub(pressed), f.begins.Sub(pressed), len(f.text), f.text)
				}
				t.Errorf("%s: shown by frame %d, want the one after that on its way", key.text, shown)
				end()
				return
			}
			if shown == 1 { // the first was drawn, and not sent yet
				latest = frames[1].written
			}
			if begins := frames[shown].begins; begins.Sub(latest) > 500*time.Millisecond {
				t.Errorf("%s: shown %v after the frame before, want 0.5 s at most", key.text, begins.Sub(latest))
			}
			frames, _ = line.since(pressed.Add(-10 * time.Second))
			for _, f := range frames {
				if len(f.text) > 1024 {
					t.Errorf("a frame of %d bytes at %v: %q", len(f.text), f.written.Sub(pressed), f.text)
				}
			}
			if line.most > 1 {
				t.Errorf("%d questions at the same time", line.most)
			}
			end()
		})
	}
}

// What was to be shown during a stall is not replayed after it.
func TestStallIsNotReplayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := &modem{rate: 1_000_000}
		_, end := watchOver(t, line, true)
		time.Sleep(20 * time.Second)
		began := time.Now()
		line.stall(began.Add(45 * time.Second))
		time.Sleep(44 * time.Second)
		if frames, n := line.since(began); len(frames) != 1 {
			t.Errorf("%d frames (%d bytes) were sent during the stall, want one", len(frames), n)
		}
		time.Sleep(2 * time.Second)
		if frames, _ := line.since(line.stalled); len(frames) == 0 {
			t.Error("nothing is shown after the stall")
		}
		end()
	})
}

// A terminal that answers nothing is asked at the beginning alone, and gets every frame.
func TestTerminalThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := &modem{rate: 1_000_000}
		_, end := watchOver(t, line, false)
		time.Sleep(30 * time.Second)
		frames, _ := line.since(time.Time{})
		asked, later := 0, 0
		for _, f := range frames {
			n := strings.Count(f.text, statusQuestion)
			if asked += n; f.written.Sub(frames[0].written) > time.Second {
				later += n
			}
		}
		if asked == 0 || later > 0 || len(frames) < 30 {
			t.Errorf("asked %d times, %d of these later, with %d frames; want some, none later, and a frame for each poll", asked, later, len(frames))
		}
		end()
	})
}

// What the terminal answers decides what may follow.
func TestLinkAsksOnceAtATime(t *testing.T) {
	at := func(ms int) time.Time { return noon().Add(time.Duration(ms) * time.Millisecond) }
	frame := strings.Repeat("x", 500)
	l := &link{}
	l.ask()
	if got := string(l.note([]byte(ansi.RequestKittyKeyboard), at(0))); got != ansi.RequestKittyKeyboard+statusQuestion {
		t.Errorf("got %q, want another question followed by one whose answer is counted", got)
	}
	l.announce(at(10))
	if got := l.note([]byte(frame), at(20)); string(got) != frame {
		t.Errorf("a second question is asked: %q", got)
	}
	if l.busy(at(30)) {
		t.Error("busy before the terminal has answered once")
	}
	if l.answered(at(40)) == nil || !l.busy(at(40)) {
		t.Error("it does not ask again for the frame that was written meanwhile")
	}
	l.note([]byte(statusQuestion), at(50))
	if l.answered(at(60)) != nil || l.busy(at(60)) {
		t.Error("busy when all is shown")
	}
	if l.answered(at(70)) != nil || l.busy(at(70)) {
		t.Error("an answer to nothing counts")
	}
	l.announce(at(100))
	if got := l.note([]byte(frame), at(100)); string(got) != frame+statusQuestion || !l.busy(at(100)) {
		t.Errorf("the frame is not followed by a question: %q", got[len(frame):])
	}
	l.forget(at(50_000))
	if !l.busy(at(50_000)) {
		t.Error("it does not wait for the end of a stall")
	}
	l.forget(at(60_200))
	if l.busy(at(60_200)) {
		t.Error("it waits for an answer that is lost")
	}
}

// The time that a frame takes, beyond that of the way, tells the line's rate.
func TestLinkMeasures(t *testing.T) {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	for name, c := range map[string]struct {
		frames func(*link)
		slow   bool
	}{
		"nothing":                 {func(*link) {}, false},
		"960 bytes a second":      {func(l *link) { l.measure(500, ms(550)) }, true},
		"far away, not slow":      {func(l *link) { l.measure(500, ms(80)) }, false},
		"too little to tell":      {func(l *link) { l.measure(100, ms(900)) }, false},
		"it was a stall":          {func(l *link) { l.measure(500, ms(45_000)); l.measure(400, ms(40)) }, false},
		"slow, a little tells no": {func(l *link) { l.measure(500, ms(550)); l.measure(20, ms(40)) }, true},
	} {
		l := &link{}
		l.measure(40, ms(30)) // the first answer
		l.answers = true
		c.frames(l)
		if l.slow != c.slow {
			t.Errorf("%s: slow %v, want %v", name, l.slow, c.slow)
		}
	}
}

// Leaving waits for the answer to the last question, and not for one that never comes.
func TestLinkClose(t *testing.T) {
	at := func(ms int) time.Time { return noon().Add(time.Duration(ms) * time.Millisecond) }
	ask := func(l *link, ms int) { l.note([]byte(statusQuestion), at(ms)) }
	for name, c := range map[string]struct {
		happens func(*link)
		leave   int // ms after the beginning
		want    time.Duration
	}{
		"before anything is asked":   {func(*link) {}, 30, answerTime},
		"before it could answer":     {func(l *link) { ask(l, 50) }, 300, answerTime - 250*time.Millisecond},
		"it was asked again":         {func(l *link) { ask(l, 50); ask(l, 200) }, 300, answerTime - 100*time.Millisecond},
		"one of two answers is here": {func(l *link) { ask(l, 50); ask(l, 200); l.answered(at(250)) }, 300, answerTime - 100*time.Millisecond},
		"on this machine":            {func(l *link) { l.isNear(true); ask(l, 50) }, 100, nearTime - 50*time.Millisecond},
		"silent on this machine":     {func(l *link) { l.isNear(true); ask(l, 50) }, 300, nearTime - 250*time.Millisecond},
		"near, and it has answered": {func(l *link) {
			l.isNear(true)
			ask(l, 50)
			l.answered(at(51))
			ask(l, 200)
		}, 300, answerTime - 100*time.Millisecond},
		"on a slow line":        {func(l *link) { ask(l, 50); l.answered(at(100)); l.slow = true; ask(l, 200) }, 300, drainTime - 100*time.Millisecond},
		"it has answered":       {func(l *link) { ask(l, 50); l.answered(at(100)) }, 300, 0},
		"it does not answer":    {func(l *link) { ask(l, 50); ask(l, 200) }, 1250, 0},
		"it went on, and asked": {func(l *link) { ask(l, 50); l.ask() }, 9000, answerTime},
		"the frame is not shown yet": {func(l *link) {
			ask(l, 50)
			l.answered(at(100))
			l.announce(at(2000))
			l.note([]byte("frame"), at(2000))
		}, 3000, answerTime - time.Second},
	} {
		l := &link{}
		l.ask()
		c.happens(l)
		if got := l.close(at(c.leave)); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
		if !l.busy(at(c.leave)) {
			t.Errorf("%s: a frame may still follow", name)
		}
	}
}

// Whoever leaves before the terminal has answered leaves it no answer to give: what is asked
// meanwhile, with the first frame, is waited for, too.
func TestLeavingBeforeTheFirstAnswer(t *testing.T) {
	for _, delay := range []time.Duration{0, 100, 300, 500, 900} {
		for _, pressed := range []time.Duration{10, 30, 120, 250, 500, 1000} {
			synctest.Test(t, func(t *testing.T) {
				line := &modem{rate: 1_000_000, delay: delay * time.Millisecond}
				_, end := watchOver(t, line, true)
				time.Sleep(pressed * time.Millisecond)
				began := time.Now()
				end()
				if took := time.Since(began) - drainTime; took > answerTime {
					t.Errorf("answers after %d ms, left after %d ms: it took %v", delay, pressed, took)
				}
			})
		}
	}
}
