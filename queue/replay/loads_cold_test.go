package replay

import "time"

// coldExpectations: an account of which little is known is used as if it were known, a
// second later at most; and one that refuses a sharp rise refuses one round of it.
func coldExpectations() []expectation {
	cold, restarted := paceOf(AdaptiveColdDefaults), paceOf(AdaptiveRestarted)
	soon := []check{failedAtMost(0), meanWaitOf(1, time.Second)}
	const round = 16 // of a first rise that is refused
	gentle := []check{failedAtMost(0), refusedAtMost(round)}
	return []expectation{
		{load: "100 users, 3 messages each, 600 a minute", pace: cold, checks: soon},
		{load: "100 users, 3 messages each, 600 a minute", pace: restarted, checks: soon},
		{load: "80 answers of 35 s, not streamed", pace: cold, checks: soon},
		{load: "80 answers of 35 s, not streamed", pace: restarted, checks: soon},
		{load: "61 users turn to a second model", pace: adaptiveWithDefaults(), checks: soon},
		{load: "61 users turn to a second model", pace: restarted, checks: soon},
		{load: "40 users, 2 messages of 360 tokens each", pace: cold, checks: gentle},
		{load: "100 users whose traffic may only double", pace: cold, checks: gentle},
	}
}
