package limiter

import (
	"slices"
	"testing"
	"time"
)

const ms = time.Millisecond

// starts lets so many start as early as the explorer allows, from a time on.
func (e *explorer) starts(from time.Duration, n int) (all []time.Duration) {
	for range n {
		from = max(from, e.nextStart())
		e.start(from)
		all = append(all, from)
	}
	return all
}

func TestRoundsDouble(t *testing.T) {
	var e explorer
	got := e.starts(0, 29)
	want := slices.Concat(slices.Repeat([]time.Duration{0}, 4), slices.Repeat([]time.Duration{200 * ms}, 8), slices.Repeat([]time.Duration{400 * ms}, 16), []time.Duration{600 * ms})
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A round that was not used up says nothing: the next one is as large.
func TestARoundGrowsOnlyWhereItWasUsed(t *testing.T) {
	var e explorer
	for _, step := range []struct {
		at    time.Duration
		n     int
		last  time.Duration // of the n
		round int           // its size then
	}{
		{0, 2, 0, 4},
		{10 * time.Second, 4, 10 * time.Second, 4},
		{20 * time.Second, 9, 20200 * ms, 16},
	} {
		all := e.starts(step.at, step.n)
		if last := all[len(all)-1]; last != step.last || e.roundSize != step.round {
			t.Errorf("%d at %v: the last starts at %v in a round of %d, want %v and %d", step.n, step.at, last, e.roundSize, step.last, step.round)
		}
	}
}

// What is promised for the last of many comes true if they all come now.
func TestLastOfTheRounds(t *testing.T) {
	for before := range 12 {
		var e explorer
		e.starts(0, before)
		for n := 1; n < 100; n += 7 {
			copied := e
			got := e.lastStart(100*ms, n)
			all := copied.starts(100*ms, n)
			if want := all[n-1]; got != want {
				t.Errorf("%d have started, %d more: the last at %v, want %v", before, n, got, want)
			}
		}
	}
}

// Where the limits are known, the rounds are shorter, and end when nobody is held
// back.
func TestRoundsInsideKnownLimits(t *testing.T) {
	e := explorer{known: true}
	if all := e.starts(0, 13); all[12] != 300*ms || e.done {
		t.Errorf("the thirteenth starts at %v, want 300 ms; done %v", all[12], e.done)
	}
	if e.starts(time.Second, 1); !e.done {
		t.Error("nobody was held back for a second, and it goes on")
	}
}

// An answer that reports the limits shortens the round.
func TestAnAnswerShortensTheRound(t *testing.T) {
	var e explorer
	e.starts(0, 4)
	e.learn()
	if all := e.starts(50*ms, 9); all[7] != 150*ms || all[8] != 300*ms {
		t.Errorf("the next ones start at %v, want eight at 150 ms and the ninth at 300", all)
	}
}

// Of four that start at once and fit the bucket one at a time, three are refused. What was
// left then is the level: none of them came between and took of it.
func TestRefusalsOfAColdStartLeaveNoDebt(t *testing.T) {
	var l Limiter
	var numbers []uint64
	for range 4 {
		numbers = append(numbers, l.Start(0, Cost(100_000, 500)))
	}
	told := Report{Input: {PerMinute: 2_400_000, Remaining: 20_000}}
	now := 20 * time.Millisecond
	for _, number := range numbers[1:] {
		l.ReportLimits(now, number, told, 0)
		l.Refuse(now, now+2*time.Second, number, false)
		l.End(now, number, NoAnswer)
	}
	l.ReportLimits(50*time.Millisecond, numbers[0], told, 0)
	l.ReportUsage(50*time.Millisecond, numbers[0], Cost(100_000, 500))
	l.End(600*time.Millisecond, numbers[0], Success)
	// 100,000 and their margin at 40,000 a second, from 20,000 on.
	if at, by := l.Next(Cost(100_000, 500)); at > 3500*time.Millisecond {
		t.Errorf("the next may start at %v, for want of %s; want 3.5 s at most", at, by)
	}
}
