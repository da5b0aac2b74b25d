package replay

import (
	"fmt"
	"time"
)

// faultExpectations: what is wrong with one request holds up no other, and when the API
// fails for a time, hardly anybody fails with it, and the API is left in peace.
func faultExpectations() []expectation {
	warm := adaptiveWithDefaults()
	all := []expectation{
		{load: "8 a second, and 529 for 2 s", pace: warm, checks: []check{failedAtMost(2), overBlip}, seeds: 5},
		{load: "20 a second, and 529 for 30 s", pace: warm, checks: []check{failedAtMost(0), overStorm}},
		{load: "20 a second, and no connection for 30 s", pace: warm, checks: []check{failedAtMost(0), overStorm}},
	}
	all = append(all,
		expectation{load: "550 a minute of 600, nothing told, and 429 for 40 s", pace: paceOf(Adaptive), checks: []check{failedAtMost(1), backAfterRefusals(0.9)}, seeds: 5},
		expectation{load: "550 a minute of 200, nothing told, and 429 for 40 s", pace: paceOf(Adaptive), checks: []check{failedAtMost(1), backAfterRefusals(0.6)}, seeds: 5},
	)
	for _, what := range []string{"answers of 400", "answers of 404", "answers of 413", "who leave before the first byte", "who leave in mid-stream", "calls without an answer"} {
		all = append(all, expectation{load: "140 beside 8 " + what, pace: warm, checks: []check{othersUndisturbed(300 * time.Millisecond)}})
	}
	for _, pace := range []Pace{warm, spacedWithDefaults()} {
		slack := 300 * time.Millisecond
		if pace.Name != warm.Name { // each attempt is a start, and has its spacing
			slack = 3 * 1500 * time.Millisecond
		}
		all = append(all,
			expectation{load: "24 users, and a 429 about one request", pace: pace, checks: []check{othersUndisturbed(slack)}},
			expectation{load: "24 users, and a prompt that never fits", pace: pace, checks: []check{othersUndisturbed(slack), sentOnce}},
		)
	}
	return all
}

// without returns a load without the messages with a tag.
func without(l Load, tag string) Load {
	messages := l.Messages
	l.Messages = func() (kept []*Message) {
		for _, m := range messages() {
			if m.Tag != tag {
				kept = append(kept, m)
			}
		}
		return kept
	}
	return l
}

// othersUndisturbed: of the messages that are in order none fails, and 95 in 100
// wait hardly longer than if the others did not come.
func othersUndisturbed(slack time.Duration) check {
	return func(r *trial) string {
		alone := without(r.load, faulty)
		undisturbed, err := Run(r.t.Context(), &alone, r.pace)
		if err != nil {
			r.t.Fatal(err)
		}
		good := r.withTag("")
		got, want := good.WaitQuantiles(0.95)[0], undisturbed.WaitQuantiles(0.95)[0]+slack
		if good.Failures == 0 && got <= want {
			return ""
		}
		return fmt.Sprintf("%d of the others failed, %d of them at the door, and 95 in 100 waited up to %v; want none, and %v", good.Failures, good.Refused, got, want)
	}
}

// sentOnce: what never fits meets the API once at most.
func sentOnce(r *trial) string {
	if got := len(r.withTag(faulty).Calls); got > 1 {
		return fmt.Sprintf("what never fits was sent %d times, want once at most", got)
	}
	return ""
}

// overBlip: who comes while the API is overloaded for two seconds waits for little
// more than that, and nobody else notices.
func overBlip(r *trial) string {
	var during, others []time.Duration
	for _, a := range r.Answers {
		if asked := a.asked(); asked >= blipAt && asked < blipAt+blipLength {
			during = append(during, a.Wait)
		} else {
			others = append(others, a.Wait)
		}
	}
	longest, usual := Quantile(during, 1), Quantile(others, 0.95)
	if longest <= 4*time.Second && usual <= 500*time.Millisecond {
		return ""
	}
	return fmt.Sprintf("who came meanwhile waited up to %v, and 95 in 100 of the others up to %v; want 4 s and 0.5 s", longest, usual)
}

// overStorm: who comes before the end of a storm has an answer soon after it, and
// until then the API gets few calls.
func overStorm(r *trial) string {
	const end, opening = stormAt + stormLength, 2 * time.Second // of the breaker
	var last time.Duration
	for _, a := range r.Answers {
		if a.asked() < end {
			last = max(last, a.At)
		}
	}
	busiest := r.peakPerSecond(stormAt+opening, end)
	if last <= end+10*time.Second && busiest <= 4 {
		return ""
	}
	return fmt.Sprintf("who came before its end was answered %v after it at the latest, and the API got up to %d calls a second meanwhile; want 10 s and 4", last-end, busiest)
}

// backAfterRefusals: ten seconds after most calls were refused for a time, such a share of
// what was let in before is let in again.
func backAfterRefusals(share float64) check {
	const span = 10 * time.Second
	return func(r *trial) string {
		admitted := func(from time.Duration) (n int) {
			for _, c := range r.Calls {
				if c.At >= from && c.At < from+span && c.Status == 200 {
					n++
				}
			}
			return n
		}
		before, after := admitted(refusedAt-span), admitted(refusedAt+refusedLength+span)
		if float64(after) >= share*float64(before) {
			return ""
		}
		return fmt.Sprintf("%d were let in from 10 to 20 s after the refusals, want %.1f of the %d before them at least", after, share, before)
	}
}
