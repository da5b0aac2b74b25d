package replay

import (
	"fmt"
	"testing"
	"time"
)

func TestWaitsAreRanks(t *testing.T) {
	answers := func(seconds ...int) *Felt {
		f := &Felt{}
		for _, s := range seconds {
			f.Answers = append(f.Answers, Answer{Wait: time.Duration(s) * time.Second})
		}
		return f
	}
	for _, c := range []struct {
		felt   *Felt
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
		if got := fmt.Sprint(c.felt.Waits(c.shares...)); got != c.want {
			t.Errorf("%v of %d: got %s, want %s", c.shares, len(c.felt.Answers), got, c.want)
		}
	}
	f := answers(3, 1, 2)
	f.Waits(0.5)
	if got := f.Answers[0].Wait; got != 3*time.Second {
		t.Errorf("the answers were sorted: the first waited %v now", got)
	}
}

func TestFeltOfNothing(t *testing.T) {
	for _, f := range []*Felt{{}, newFelt(0), newFelt(3)} {
		if _, ok := f.Jain(); ok || f.Throughput() != 0 || f.MeanTook() != 0 || f.MeanWait() != 0 || f.LongestTook() != 0 {
			t.Errorf("got figures for nothing: %v a minute, %v", f.Throughput(), f.MeanTook())
		}
	}
}

func TestFeltAddsUp(t *testing.T) {
	f := newFelt(2)
	ask := func(at time.Duration, user int, took time.Duration) *Message {
		m := &Message{User: user, At: at}
		m.Call.Took = took
		f.asked(at, m)
		return m
	}
	a, b, c := ask(10*time.Second, 0, 2*time.Second), ask(10*time.Second, 1, 2*time.Second), ask(20*time.Second, 0, 9*time.Second)
	for _, m := range []*Message{a, b, b, c} { // b has a second attempt
		f.started(m)
	}
	f.answered(12*time.Second, a)
	f.failed(b)
	f.answered(28*time.Second, c) // a second less than it should: an answer that was cut short
	want := "[{2s 2s 0s 0} {18s 8s 0s 0}]"
	if got := fmt.Sprint(f.Answers); got != want {
		t.Errorf("got the answers %s, want %s", got, want)
	}
	if f.Failures != 1 || f.MeanTook() != 5*time.Second || f.LongestTook() != 8*time.Second || f.MeanWait() != 0 {
		t.Errorf("got %d failures, a mean of %v and %v as the longest; want 1, 5 s and 8 s", f.Failures, f.MeanTook(), f.LongestTook())
	}
	if got := f.Throughput(); fmt.Sprintf("%.3f", got) != "6.667" {
		t.Errorf("got %.3f a minute, want 6.667: two in 18 s", got)
	}
}

// Jain's index counts who starts while all of them wait, and only that.
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
		f := newFelt(len(c.asks))
		waiting := make([][]*Message, len(c.asks))
		for user, n := range c.asks {
			for range n {
				m := &Message{User: user}
				f.asked(0, m)
				waiting[user] = append(waiting[user], m)
			}
		}
		for _, r := range c.starts {
			user := int(r - '0')
			f.started(waiting[user][0])
			f.started(waiting[user][0]) // another attempt changes nothing
			waiting[user] = waiting[user][1:]
		}
		index, ok := f.Jain()
		if got := fmt.Sprintf("%.3f %t", index, ok); got != c.want {
			t.Errorf("%s: got %s, want %s; the shares are %v", c.name, got, c.want, f.shares)
		}
	}
}

// The longest time in which all wait counts, not the last.
func TestFairnessIsOfTheLongestTime(t *testing.T) {
	f := newFelt(2)
	for _, n := range []int{8, 6} {
		var all []*Message
		for i := range 2 * n {
			m := &Message{User: i % 2}
			f.asked(0, m)
			all = append(all, m)
		}
		for _, m := range all {
			f.started(m)
		}
	}
	if got, want := fmt.Sprint(f.shares), "[8 7]"; got != want {
		t.Errorf("got the shares %s, want %s", got, want)
	}
}
