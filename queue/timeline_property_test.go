package queue

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever happens, slices of any step add up to what has happened, and no figure of a
// slice contradicts another.
func TestSlicesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		settings := DefaultSettings()
		settings.MaxInFlight = rapid.IntRange(1, 4).Draw(t, "maxInFlight")
		settings.MaxQueue = rapid.IntRange(1, 20).Draw(t, "maxQueue")
		settings.MaxRun = 20 * time.Second
		settings.Adaptive = rapid.Bool().Draw(t, "adaptive")
		epoch := t0.Add(time.Duration(rapid.IntRange(0, 60_000).Draw(t, "begins")) * time.Millisecond)
		m, err := NewMachine(settings, epoch, 7)
		if err != nil {
			t.Fatal(err)
		}
		now := epoch
		var want sums
		var runs, live []*Ticket
		drop := func(from *[]*Ticket, one *Ticket) {
			*from = slices.DeleteFunc(*from, func(t *Ticket) bool { return t == one })
		}
		settle := func() {
			for next := m.Next(now); next != nil; next = m.Next(now) {
				m.Start(now, next)
				want.starts++
				runs = append(runs, next)
			}
			for _, d := range m.Dropped() {
				want.failed++
				drop(&runs, d.Ticket)
				drop(&live, d.Ticket)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"arrive": func(t *rapid.T) {
				r := Request{
					User: fmt.Sprint(rapid.IntRange(0, 12).Draw(t, "user")), Lane: rapid.SampledFrom([]string{"x", "y"}).Draw(t, "lane"),
					Fingerprint: rapid.Uint64Range(0, 2).Draw(t, "fingerprint"),
				}
				if ticket, err := m.Add(now, r); err == nil {
					want.arrivals++
					live = append(live, ticket)
				} else {
					want.refused++
				}
				settle()
			},
			"wait": func(t *rapid.T) {
				most := rapid.SampledFrom([]int{1000, 30_000, 2_000_000}).Draw(t, "most")
				until := now.Add(time.Duration(rapid.IntRange(1, most).Draw(t, "ms")) * time.Millisecond)
				for wake, ok := m.Wake(); ok && !wake.After(until); wake, ok = m.Wake() {
					now = wake
					settle()
					m.advance(now)
				}
				now = until
				settle()
			},
			"finish": func(t *rapid.T) {
				if len(runs) == 0 {
					return
				}
				ticket := rapid.SampledFrom(runs).Draw(t, "call")
				drop(&runs, ticket)
				class := rapid.IntRange(-4, int(classes)-1).Draw(t, "class")
				var err error
				if class >= 0 {
					err = &Error{Class: Class(class), RetryAfter: time.Duration(rapid.IntRange(0, 100).Draw(t, "retryAfter")) * time.Second}
				} else {
					cost := Cost{rapid.IntRange(0, 1000).Draw(t, "input"), 7}
					m.ReportUsage(now, ticket, cost)
					want.successful++
					want.input += int64(cost.Input)
					want.output += int64(cost.Output)
				}
				again, _ := m.Finish(now, ticket, err)
				if Class(class) == RateLimited && class >= 0 {
					want.limited++
				}
				if !again {
					drop(&live, ticket)
					if class >= 0 {
						want.failed++
					}
				}
				settle()
			},
			"leave": func(t *rapid.T) {
				if len(live) == 0 {
					return
				}
				ticket := rapid.SampledFrom(live).Draw(t, "caller")
				m.Leave(now, ticket)
				want.cancelled++
				drop(&live, ticket)
				drop(&runs, ticket)
				settle()
			},
			"reset":  func(*rapid.T) { m.Reset(now, "ops") },
			"report": func(*rapid.T) { m.Report(now) },
			"join":   func(*rapid.T) { m.JoinLanes(now, "x", "y"); settle() },
			"": func(t *rapid.T) {
				step := time.Duration(rapid.SampledFrom([]int{0, 1, 5, 10, 17, 60, 300, 3600}).Draw(t, "step")) * time.Second
				h := m.History(now, epoch, time.Time{}, step)
				if got := sumOf(h.Slices); got != want && now.Sub(epoch) < 24*time.Hour {
					t.Fatalf("in steps of %v at %v: got %+v, want %+v", step, now.Sub(epoch), got, want)
				}
				checkSlices(t, h)
				since := epoch.Add(time.Duration(rapid.Int64Range(0, int64(now.Sub(epoch))).Draw(t, "since")))
				h = m.History(now, since, time.Time{}, step)
				checkSlices(t, h)
				if got, want := sumOf(h.Slices), m.sumSince(h.Since.Unix()); got != want || h.Since.After(since) {
					t.Fatalf("in steps of %v since %v, from %v on: got %+v, want %+v", step, since, h.Since, got, want)
				}
			},
		})
	})
}

// sumSince is what the slices add up to that are kept of the time since a second, and the
// present one.
func (m *Machine) sumSince(second int64) sums {
	present := m.wholeSlice()
	all := []Slice{wireSlice(&present)}
	for one := range m.timeline.store.View().All(0) {
		if one.Start >= second {
			all = append(all, wireSlice(one))
		}
	}
	return sumOf(all)
}

// checkSlices checks what holds for each history.
func checkSlices(t *rapid.T, h History) {
	if len(h.Slices) > maxSlices {
		t.Fatalf("%d slices", len(h.Slices))
	}
	end := h.Since.Time
	for i, s := range h.Slices {
		waits := int64(0)
		for _, w := range s.Waits {
			waits += w.Count
		}
		switch {
		case s.LengthMs != h.StepMs || s.At.UnixMilli()%h.StepMs != 0:
			t.Fatalf("slice %d is of %v, and lasts %d ms, where the step is %d", i, s.At, s.LengthMs, h.StepMs)
		case s.At.Before(end):
			t.Fatalf("slice %d begins at %v, before %v", i, s.At, end)
		case waits != s.Starts:
			t.Fatalf("slice %d has %d starts, and %d waits", i, s.Starts, waits)
		case (s.MedianMs == nil) != (s.Starts == 0) || s.MedianMs != nil && *s.MedianMs > *s.LongestMs:
			t.Fatalf("slice %d has a wrong median: %+v", i, s)
		case s.LongestMs != nil && *s.LongestMs > s.OldestMs:
			t.Fatalf("slice %d: one started after %d ms, and the oldest had waited for %d", i, *s.LongestMs, s.OldestMs)
		case s.PausedMs > s.LengthMs:
			t.Fatalf("slice %d: paused for %d ms", i, s.PausedMs)
		case s.OldestMs > 0 && s.Waiting == 0:
			t.Fatalf("slice %d: nobody waited, for %d ms", i, s.OldestMs)
		case len(s.Longest) > 0 && s.Longest[0].WaitedMs > s.OldestMs:
			t.Fatalf("slice %d: the longest is %+v, and the oldest %d", i, s.Longest[0], s.OldestMs)
		}
		end = s.At.Add(time.Duration(s.LengthMs) * time.Millisecond)
	}
}
