package replay

import "time"

// wrongExpectations: limits that are told late or wrong, refusals that say nothing, and
// answers of which nobody can know how long they are let nobody fail, and the account is
// used as well as it can be.
func wrongExpectations() (all []expectation) {
	bars := wrongBars()
	for _, pace := range []Pace{paceOf(Adaptive), paceOf(AdaptiveCold)} {
		for _, l := range wrongLoads() {
			b := expectation{load: l.Name, pace: pace, checks: append([]check{failedAtMost(0)}, bars[l.Name]...)}
			if l.Bottleneck != BottleneckOthers { // beside others chance has a say: see compare_test.go
				b.checks = append(b.checks, throughputOf(0.95, 0))
			}
			all = append(all, b)
		}
	}
	return append(all, expectation{load: scarceAtOnce, pace: paceOf(Adaptive), checks: []check{refusedPerThousand(10, 0)}})
}

// scarceAtOnce is a load whose answers are read wrongly until a few prompts have ended: cold,
// more are refused until then.
const scarceAtOnce = "10 users of 500 tokens beside 20 prompts of 100,000 at once, told at the end"

// wrongBars are what is demanded of single loads beside that.
func wrongBars() map[string][]check {
	return map[string][]check{
		"10 small users beside prompts of 100,000, told at the end":       {asIfAlone(small, "", 1.2, 500*time.Millisecond), asIfAlone("", small, 1.1, 0), refusedPerThousand(10, 0)},
		"10 users of 500 tokens beside one of 100,000, told at the end":   {asIfAlone(small, "", 1.2, 500*time.Millisecond), asIfAlone("", small, 1.1, 0), refusedPerThousand(10, 0)},
		"10 small users beside prompts of 100,000 that are refused":       {asIfAlone(small, "", 1.2, 500*time.Millisecond)},
		"10 small users beside prompts of 100,000, told twice the limits": {asIfAlone(small, "", 1.2, 500*time.Millisecond)},
		scarceAtOnce:                          {asIfAlone(small, "", 1.2, 500*time.Millisecond), asIfAlone("", small, 1.1, 0)},
		"200 messages, told half the limits":  {refusedAtMost(0)},
		"200 messages, told twice the limits": {refusedPerThousand(30, time.Minute)},
	}
}
