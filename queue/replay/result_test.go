package replay

import (
	"fmt"
	"testing"
	"time"
)

func TestWaitsAreRanks(t *testing.T) {
	answers := func(seconds ...int) *Result {
		r := &Result{}
		for _, s := range seconds {
			r.Answers = append(r.Answers, Answer{Wait: time.Duration(s) * time.Second})
		}
		return r
	}
	for _, c := range []struct {
		result *Result
		shares []float64
		want   string
	}{
		{answers(), []float64{0.5, 1}, "[0s 0s]"},
		{answers(7), []float64{0, 0.5, 1}, "[7s 7s 7s]"},
		{answers(4, 1, 3, 2), []float64{0.25, 0.26, 0.5, 0.75, 0.76, 1}, "[1s 2s 2s 3s 4s 4s]"},
		{answers(20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1), []float64{0.95, 0.951}, "[19s 20s]"},
		{answers(1, 2), []float64{-1, 2}, "[1s 2s]"},
		{answers(1, 2), nil, "[]"},
	} {
		if got := fmt.Sprint(c.result.WaitQuantiles(c.shares...)); got != c.want {
			t.Errorf("%v of %d: got %s, want %s", c.shares, len(c.result.Answers), got, c.want)
		}
	}
	r := answers(3, 1, 2)
	r.WaitQuantiles(0.5)
	if got := r.Answers[0].Wait; got != 3*time.Second {
		t.Errorf("the answers were sorted: the first waited %v now", got)
	}
}

func TestResultOfNothing(t *testing.T) {
	for _, r := range []*Result{{}, newResult(0), newResult(3)} {
		if _, ok := r.Fairness(); ok || r.Throughput() != 0 || r.MeanLatency() != 0 || r.MeanWait() != 0 || r.MaxLatency() != 0 {
			t.Errorf("got figures for nothing: %v a minute, %v", r.Throughput(), r.MeanLatency())
		}
	}
}

func TestResultAddsUp(t *testing.T) {
	r := newResult(2)
	ask := func(at time.Duration, user int, took time.Duration) *Message {
		m := &Message{User: user, At: at}
		m.Call.Took = took
		r.asked(at, m)
		return m
	}
	a, b, c := ask(10*time.Second, 0, 2*time.Second), ask(10*time.Second, 1, 2*time.Second), ask(20*time.Second, 0, 9*time.Second)
	for _, m := range []*Message{a, b, b, c} { // b has a second attempt
		r.started(m)
	}
	r.answered(12*time.Second, a)
	r.failed(b)
	r.answered(28*time.Second, c) // a second less than it should: an answer that was cut short
	want := "[{2s 2s 0s 0 } {18s 8s 0s 0 }]"
	if got := fmt.Sprint(r.Answers); got != want {
		t.Errorf("got the answers %s, want %s", got, want)
	}
	if r.Failures != 1 || r.MeanLatency() != 5*time.Second || r.MaxLatency() != 8*time.Second || r.MeanWait() != 0 {
		t.Errorf("got %d failures, a mean of %v and %v as the longest; want 1, 5 s and 8 s", r.Failures, r.MeanLatency(), r.MaxLatency())
	}
	if got := r.Throughput(); fmt.Sprintf("%.3f", got) != "6.667" {
		t.Errorf("got %.3f a minute, want 6.667: two in 18 s", got)
	}
}

// The results by tag add up to the whole.
func TestResultWithTag(t *testing.T) {
	r := newResult(1)
	for i, tag := range []string{"", "a", "a", "b", "a"} {
		m := &Message{Tag: tag}
		r.asked(time.Duration(i)*time.Second, m)
		m.At = time.Duration(i) * time.Second
		r.called(m.At, m, []int{200, 429, 200, 200, 0}[i])
		switch i {
		case 0, 2:
			r.answered(10*time.Second, m)
		case 1:
			r.refused(m)
		case 3:
			r.hungUp(m)
		case 4:
			r.failed(m)
		}
	}
	for _, c := range []struct {
		tag  string
		want string // answers, failures, at the door, hung up, calls, refused
	}{
		{"", "1 0 0 0 1 0"}, {"a", "1 2 1 0 3 1"}, {"b", "0 0 0 1 1 0"}, {"c", "0 0 0 0 0 0"},
	} {
		p := r.withTag(c.tag)
		if got := fmt.Sprint(len(p.Answers), p.Failures, p.Refused, p.HungUp, len(p.Calls), p.RateLimited); got != c.want {
			t.Errorf("of %q: got %s, want %s", c.tag, got, c.want)
		}
	}
	if got := r.withTag("a").Answers[0]; got.asked() != 2*time.Second || got.At != 10*time.Second {
		t.Errorf("got one asked at %v and answered at %v, want 2 s and 10 s", got.asked(), got.At)
	}
}

// The busiest second begins with any call, and none outside of the time counts.
func TestTheBusiestSecond(t *testing.T) {
	r := &Result{}
	for _, ms := range []int{0, 0, 0, 0, 1000, 1500, 1999, 2000, 2400, 3000, 3000, 3000, 3000} {
		r.Calls = append(r.Calls, Call{At: time.Duration(ms) * time.Millisecond})
	}
	for _, c := range []struct{ from, to, want int }{
		{0, 4000, 5}, {0, 3000, 4}, {1, 2000, 3}, {1600, 3000, 3}, {3001, 4000, 0}, {2500, 3001, 4},
	} {
		if got := r.peakPerSecond(time.Duration(c.from)*time.Millisecond, time.Duration(c.to)*time.Millisecond); got != c.want {
			t.Errorf("from %d to %d ms: got %d calls in a second, want %d", c.from, c.to, got, c.want)
		}
	}
}

// Jain's index counts only the starts while all users wait.
func TestFairnessOfStarts(t *testing.T) {
	for _, c := range []struct {
		name   string
		asks   []int // of each user
		starts string
		want   string
	}{
		{"in turns", []int{6, 6}, "010101010101", "0.992 true"},
		{"and what comes when one waits no more", []int{6, 9}, "010101010101111", "0.992 true"},
		{"three to one", []int{9, 9}, "000100010001111111", "0.712 true"},
		{"one has all", []int{11, 1}, "000000000001", "0.500 true"},
		{"too few to say", []int{5, 5}, "0101010101", "0.000 false"},
		{"one never asks", []int{12, 0}, "000000000000", "0.000 false"},
		{"one alone", []int{5}, "00000", "1.000 true"},
	} {
		r := newResult(len(c.asks))
		waiting := make([][]*Message, len(c.asks))
		for user, n := range c.asks {
			for range n {
				m := &Message{User: user, cost: 1}
				r.asked(0, m)
				waiting[user] = append(waiting[user], m)
			}
		}
		for _, digit := range c.starts {
			user := int(digit - '0')
			r.started(waiting[user][0])
			r.started(waiting[user][0]) // another attempt changes nothing
			waiting[user] = waiting[user][1:]
		}
		index, ok := r.Fairness()
		if got := fmt.Sprintf("%.3f %t", index, ok); got != c.want {
			t.Errorf("%s: got %s, want %s; the shares are %v", c.name, got, c.want, r.longest.costs)
		}
	}
}

// The period with the most starts counts, not the last one.
func TestFairnessIsOfTheLongestTime(t *testing.T) {
	r := newResult(2)
	for _, n := range []int{8, 6} {
		var all []*Message
		for i := range 2 * n {
			m := &Message{User: i % 2, cost: 1}
			r.asked(0, m)
			all = append(all, m)
		}
		for _, m := range all {
			r.started(m)
		}
	}
	if got, want := fmt.Sprint(r.longest.costs), "[8 7]"; got != want {
		t.Errorf("got the shares %s, want %s", got, want)
	}
}
