package replay

import (
	"fmt"
	"time"
)

// fairExpectations: who asks for little does not wait for who asks for much, and who asks
// for much loses next to nothing.
func fairExpectations() (all []expectation) {
	warm, cold := paceOf(Adaptive), paceOf(AdaptiveCold)
	besideOne := []check{failedAtMost(0), asIfAlone(small, "", 1.2, 500*time.Millisecond), asIfAlone("", small, 1.1, 0)}
	all = append(all, expectation{load: "10 users of 500 tokens beside 20 prompts of 100,000 at once", pace: warm, checks: besideOne})
	all = append(all, expectation{load: "10 users of 500 tokens beside 20 prompts of 100,000 at once", pace: cold, checks: besideOne})
	for _, pace := range []Pace{warm, cold} {
		all = append(all,
			expectation{load: "10 users of 500 tokens beside one of 100,000", pace: pace, checks: besideOne},
			expectation{load: "9 polite users beside one with 600 messages", pace: pace, checks: []check{failedAtMost(0), asUnderTheOracle(polite, 1.5, 300*time.Millisecond)}},
			expectation{load: "a session's main thread beside its 20 subagents", pace: pace, checks: []check{failedAtMost(0), waitsAtMost(thread, 2*time.Second)}},
			expectation{load: "the main threads of 2 sessions beside 20 subagents of one", pace: pace, checks: []check{failedAtMost(0), waitsAtMost(thread, 2*time.Second)}},
			expectation{load: "a polite user beside a name for each request", pace: pace, checks: []check{failedAtMost(0), waitsAtMost(polite, time.Second)}},
		)
	}
	for _, pace := range []Pace{warm, paceOf(Spaced)} {
		for _, back := range []string{"cut after a minute and come back", "come back before they are seen to leave", "come back with another body and the same key"} {
			all = append(all, expectation{load: "60 users, of whom half " + back, pace: pace, checks: []check{failedAtMost(0), asPatient, calledAtMost(60)}})
		}
	}
	// Three attempts of ours, and one for each further one of the client's.
	for _, pace := range []Pace{adaptiveWithDefaults(), spacedWithDefaults()} {
		all = append(all, expectation{load: "10 users whose clients retry twice, and 529 for 10 min", pace: pace, checks: []check{calledAtMost(10 * 5)}})
	}
	return all
}

// asPatient: each that gives up and comes back waits as long as if it had not.
func asPatient(r *trial) string {
	patient := r.load
	patient.Messages = modified(patient.Messages, func(m *Message) { m.Patience = 0; m.ComesBack = false })
	stayed, err := Run(r.t.Context(), &patient, r.pace)
	if err != nil {
		r.t.Fatal(err)
	}
	waits := map[int]time.Duration{}
	for _, a := range stayed.Answers {
		waits[a.User] = a.Wait
	}
	longer, worst := 0, Answer{}
	for _, a := range r.withTag(impatient).Answers {
		if float64(a.Wait) > 1.05*float64(waits[a.User]) {
			longer++
			if a.Wait-waits[a.User] > worst.Wait-waits[worst.User] {
				worst = a
			}
		}
	}
	if longer == 0 {
		return ""
	}
	return fmt.Sprintf("%d waited longer than if they had stayed, user %d %v for %v", longer, worst.User, worst.Wait, waits[worst.User])
}

// calledAtMost limits the calls that the API gets.
func calledAtMost(most int) check {
	return func(r *trial) string {
		if got := len(r.Calls); got > most {
			return fmt.Sprintf("%d calls, want %d at most", got, most)
		}
		return ""
	}
}

// p95 is what 95 in 100 messages with a tag wait at most.
func p95(r *Result, tag string) time.Duration { return r.withTag(tag).WaitQuantiles(0.95)[0] }

// asIfAlone: of the messages with a tag 95 in 100 wait hardly longer than without those
// with another one.
func asIfAlone(tag, others string, times float64, more time.Duration) check {
	return func(r *trial) string {
		alone := without(r.load, others)
		undisturbed, err := Run(r.t.Context(), &alone, r.pace)
		if err != nil {
			r.t.Fatal(err)
		}
		return atMost(r, tag, time.Duration(times*float64(p95(undisturbed, tag)))+more)
	}
}

// asUnderTheOracle: of the messages with a tag 95 in 100 wait hardly longer than under the
// oracle.
func asUnderTheOracle(tag string, times float64, more time.Duration) check {
	return func(r *trial) string {
		return atMost(r, tag, time.Duration(times*float64(p95(r.best(), tag)))+more)
	}
}

// waitsAtMost limits what 95 in 100 messages with a tag wait.
func waitsAtMost(tag string, most time.Duration) check {
	return func(r *trial) string { return atMost(r, tag, most) }
}

func atMost(r *trial, tag string, most time.Duration) string {
	if got := p95(r.Result, tag); got > most {
		return fmt.Sprintf("95 in 100 of %q waited up to %v, want %v at most", tag, got, most)
	}
	return ""
}
