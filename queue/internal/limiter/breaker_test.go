package limiter

import (
	"fmt"
	"testing"
	"time"
)

// A transcript drives a breaker: f and s are a failure and a success of a call that
// started at a time, t is a start, and want is what the breaker says afterwards.
type breakerStep struct {
	at    int // ms
	do    string
	began int // ms, of the call that ends
	want  string

	pending int
}

func (b *Breaker) words() string {
	if !b.open {
		return fmt.Sprintf("closed %d", b.failures)
	}
	return fmt.Sprintf("open, next %d, %d of %d", b.Next().Milliseconds(), b.roundTries, b.roundSize)
}

func TestBreaker(t *testing.T) {
	for _, c := range []struct {
		name  string
		steps []breakerStep
	}{
		{"five failures open it, and the third round of tries closes it", []breakerStep{
			{1000, "f", 900, "closed 1", 0}, {1000, "f", 900, "closed 2", 0}, {1000, "f", 900, "closed 3", 0}, {1000, "f", 900, "closed 4", 0},
			{1000, "f", 900, "open, next 1500, 0 of 1", 0},
			{1500, "t", 0, "open, next 1800, 1 of 1", 0},
			{1600, "s", 1500, "open, next 1500, 0 of 2", 0},
			{1600, "t", 0, "open, next 1500, 1 of 2", 0}, {1600, "t", 0, "open, next 1900, 2 of 2", 0},
			{1700, "s", 1600, "open, next 1900, 2 of 2", 0}, {1700, "s", 1600, "open, next 1500, 0 of 4", 0},
			{1700, "t", 0, "open, next 1500, 1 of 4", 0}, {1700, "t", 0, "open, next 1500, 2 of 4", 0}, {1700, "t", 0, "open, next 1500, 3 of 4", 0}, {1700, "t", 0, "open, next 2000, 4 of 4", 0},
			{1800, "s", 1700, "open, next 2000, 4 of 4", 0}, {1800, "s", 1700, "open, next 2000, 4 of 4", 0}, {1800, "s", 1700, "open, next 2000, 4 of 4", 0},
			{1800, "s", 1700, "closed 0", 0},
		}},
		{"what started before it opened says nothing", []breakerStep{
			{1000, "f", 900, "", 0}, {1000, "f", 900, "", 0}, {1000, "f", 900, "", 0}, {1000, "f", 900, "", 0}, {1000, "f", 900, "open, next 1500, 0 of 1", 0},
			{1001, "F", 990, "open, next 1500, 0 of 1", 0}, {1001, "F", 990, "open, next 1500, 0 of 1", 0}, {1002, "S", 991, "open, next 1500, 0 of 1", 0},
		}},
		{"silence is a success", []breakerStep{
			{1000, "f", 900, "", 0}, {1000, "f", 900, "", 0}, {1000, "f", 900, "", 0}, {1000, "f", 900, "", 0}, {1000, "f", 900, "open, next 1500, 0 of 1", 0},
			{1500, "t", 0, "open, next 1800, 1 of 1", 0}, {1800, "t", 0, "open, next 1500, 1 of 2", 0}, {1800, "t", 0, "open, next 2100, 2 of 2", 0},
		}},
		{"a failed try waits, and later ones longer; a failure halves the round", []breakerStep{
			{1000, "f", 900, "", 0}, {1000, "f", 900, "", 0}, {1000, "f", 900, "", 0}, {1000, "f", 900, "", 0}, {1000, "f", 900, "open, next 1500, 0 of 1", 0},
			{1500, "t", 0, "", 0}, {1600, "F!", 1500, "open, next 2000, 0 of 1", 0},
			{2100, "t", 0, "", 0}, {2200, "F!", 2100, "open, next 2600, 0 of 1", 0},
			{2700, "t", 0, "", 0}, {2800, "F!", 2700, "open, next 3200, 0 of 1", 0},
			{3300, "t", 0, "", 0}, {3400, "F!", 3300, "open, next 3800, 0 of 1", 0},
			{3900, "t", 0, "", 0}, {4000, "F!", 3900, "open, next 4900, 0 of 1", 0},
			{5000, "t", 0, "", 0}, {5100, "F!", 5000, "open, next 7000, 0 of 1", 0},
			{7100, "t", 0, "", 0}, {7200, "F!", 7100, "open, next 9100, 0 of 1", 0},
			{9200, "t", 0, "", 0}, {9300, "s", 9200, "open, next 9100, 0 of 2", 0}, {9300, "t", 0, "", 0}, {9300, "t", 0, "", 0},
			{9400, "F!", 9300, "open, next 9800, 0 of 1", 0}, {9401, "F!", 9300, "open, next 9800, 0 of 1", 0},
		}},
		{"a success of a call that started after the first failure forgets it", []breakerStep{
			{1000, "f", 900, "", 0}, {1000, "f", 900, "closed 2", 0}, {1100, "S", 999, "closed 2", 0}, {1100, "S", 1001, "closed 0", 0},
		}},
		{"failures of a few among many that have just started say nothing yet", []breakerStep{
			{1000, "f", 900, "closed 1", 20}, {1000, "f", 900, "closed 2", 19}, {1000, "f", 900, "closed 3", 18}, {1000, "f", 900, "closed 4", 17},
			{1000, "f", 900, "closed 5", 16}, {1000, "f", 900, "closed 6", 15}, {1000, "f", 900, "open, next 1500, 0 of 1", 7},
		}},
		{"a try that leaves says nothing", []breakerStep{
			{1000, "f", 900, "", 0}, {1000, "f", 900, "", 0}, {1000, "f", 900, "", 0}, {1000, "f", 900, "", 0}, {1000, "f", 900, "open, next 1500, 0 of 1", 0},
			{1500, "t", 0, "open, next 1800, 1 of 1", 0}, {1600, "l", 0, "open, next 1500, 0 of 1", 0}, {2000, "t", 0, "open, next 2300, 1 of 1", 0},
		}},
		{"a call that is silent for long is no failure of the API", []breakerStep{
			{1000, "f", 900, "", 0}, {1000, "f", 900, "", 0}, {1000, "f", 900, "", 0}, {1000, "f", 900, "closed 4", 0}, {1100, "t", 0, "closed 4", 0},
			{1500, "f", 1400, "closed 1", 0},
		}},
	} {
		var b Breaker
		for i, s := range c.steps {
			now, began := time.Duration(s.at)*ms, time.Duration(s.began)*ms
			switch s.do {
			case "t":
				b.Start(now)
			case "l":
				b.Leave(true)
			case "s", "S":
				b.Succeed(began, s.do == "s")
			default:
				b.Fail(now, began, s.do == "F!", 0, s.pending, 0.5)
			}
			if got := b.words(); s.want != "" && got != s.want {
				t.Errorf("%s: step %d, %s at %d: got %q, want %q", c.name, i+1, s.do, s.at, got, s.want)
			}
		}
	}
}

// The API may say itself how long it wants to rest, and no two breakers try at the
// same time.
func TestBreakerPauses(t *testing.T) {
	for _, c := range []struct {
		wants time.Duration
		draw  float64
		want  time.Duration
	}{{0, 0, 375 * ms}, {0, 1, 625 * ms}, {3 * time.Second, 0.5, 3 * time.Second}} {
		var b Breaker
		for range openAfter {
			b.Fail(0, 0, false, c.wants, 0, c.draw)
		}
		if got := b.Next(); got != c.want {
			t.Errorf("wants %v, draw %v: next try at %v, want %v", c.wants, c.draw, got, c.want)
		}
	}
}

// What a person asks for starts at once; it lifts the pause, and nothing else.
func TestBreakerTriesNow(t *testing.T) {
	var b Breaker
	if b.TryNow(time.Second) {
		t.Error("a closed breaker had something wait")
	}
	for range openAfter {
		b.Fail(time.Second, 900*time.Millisecond, false, time.Minute, 0, 0.5)
	}
	if b.Next() != 61*time.Second || !b.TryNow(2*time.Second) || b.Next() != 2*time.Second || b.TryNow(2*time.Second) {
		t.Errorf("got %s", b.words())
	}
	b.Start(2 * time.Second)
	if got, want := b.words(), "open, next 2300, 1 of 1"; got != want {
		t.Errorf("after the try: got %q, want %q", got, want)
	}
	if b.TryNow(2100 * time.Millisecond) {
		t.Error("it does not wait while one tries")
	}
}
