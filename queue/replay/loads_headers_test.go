package replay

import (
	"strings"
	"time"
)

// tokensTold is the load of a workspace whose headers report the binding limit.
const tokensTold = "a workspace told in tokens, by tokens"

// headerExpectations: with incomplete or unusual headers the pace is nearly as
// good, and the API refuses little.
func headerExpectations() []expectation {
	cold, warm := paceOf(AdaptiveCold), paceOf(Adaptive)
	mute := []check{failedAtMost(0), throughputOf(0.9, time.Minute), refusedPerThousand(30, time.Minute)}
	all := []expectation{
		{load: "600 messages, and no headers", pace: cold, checks: mute},
		{load: "600 messages, headers on 3 answers in 10", pace: cold, checks: []check{failedAtMost(0), doneWithin(1.1)}},
		{load: "600 messages, headers only on refusals", pace: cold, checks: mute},
		{load: "600 messages, and nothing told at all", pace: cold, checks: mute},
		{load: "20 users, 8 answers each, output binds", pace: warm, checks: []check{failedAtMost(0), meanWaitOf(1.15, 0)}},
		{load: "40 users, 2 messages each, all at once", pace: warm, checks: nearlyAsGood(10, 0)}, // resets rounded up
		{load: "20 users, 10 long prompts each", pace: warm, checks: nearlyAsGood(10, 0)},
	}
	for _, l := range headerLoads() {
		name, _, ok := strings.Cut(l.Name, ", by ")
		if !ok {
			continue
		}
		most, from := 10.0, time.Duration(0)
		if strings.HasPrefix(name, "a workspace") && l.Name != tokensTold {
			most, from = 30, 2*time.Minute // no header tells what binds: it is found out
		}
		all = append(all, expectation{load: l.Name, pace: warm, checks: nearlyAsGood(most, from)})
	}
	return all
}

// nearlyAsGood is the expectation for an account with some headers: at most this
// many answers of 429 for 1,000 messages, from a time on.
func nearlyAsGood(refused float64, from time.Duration) []check {
	return []check{failedAtMost(0), throughputOf(0.95, from), refusedPerThousand(refused, from)}
}
