package replay

import (
	"testing"
	"time"
)

// besideTheBurst is what users feel who ask Opus 5.5: how many answers they have in
// all, how many in the half minute from the burst for Opus 5 on, and the longest wait.
func (r *Result) besideTheBurst() (answers, beside int, longest time.Duration) {
	for _, a := range r.Answers {
		if a.User >= steadyUsers {
			continue
		}
		answers, longest = answers+1, max(longest, a.Wait)
		if a.At >= burstAt && a.At < burstAt+30*time.Second {
			beside++
		}
	}
	return answers, beside, longest
}

// The promise: lanes never wait for each other, and what shares no limit shares no
// lane. A burst for Opus 5 made Opus 5.5 wait for its limit of ten a minute: 4 answers
// in half a minute, where it has 687 alone.
func TestABurstForOneModelHoldsUpNoOther(t *testing.T) {
	both := burstBeside()
	alone := both
	alone.Messages = opusSteadily
	for _, c := range []struct {
		pace    string
		refused int // at most
	}{{AdaptiveCold, 4}, {Adaptive, 0}} {
		with, without := runPace(t, &both, c.pace), runPace(t, &alone, c.pace)
		answers, got, longest := with.besideTheBurst()
		all, want, _ := without.besideTheBurst()
		if float64(got) < 0.95*float64(want) || answers != all || longest > time.Second {
			t.Errorf("%s: Opus 5.5 has %d answers beside the burst and %d in all, and one waits %v; want nearly the %d and %d that it has alone, after 1 s at most",
				c.pace, got, answers, longest, want, all)
		}
		if with.RateLimited > c.refused || with.Failures > 0 || len(with.Answers) != all+burstUsers {
			t.Errorf("%s: %d answers of 429, %d failures and %d answers; want %d at most, none and %d", c.pace, with.RateLimited, with.Failures, len(with.Answers), c.refused, all+burstUsers)
		}
	}
}

// A message of a group of its own has a lane of it, and the oracle goes by what the
// account shares, whatever the lanes are.
func TestLanesAndBucketsMayDiffer(t *testing.T) {
	account := AccountWith(tier1)
	account.Groups["claude-sonnet-5-5"], account.Groups["claude-opus-5-5"] = "both", "both"
	messages := func() []*Message { return allAtOnce(40, 3, mixed)() }
	l := Load{Name: "one bucket, two lanes", Users: 40, Account: account, Messages: messages}
	best := runPace(t, &l, Oracle)
	if best.RateLimited+best.Failures > 0 {
		t.Errorf("the oracle: %d answers of 429 and %d failures, want none", best.RateLimited, best.Failures)
	}
	if ours := runPace(t, &l, Adaptive); ours.RateLimited == 0 || ours.Failures > 0 {
		t.Errorf("lanes that take one bucket for two: %d answers of 429 and %d failures; want some, and none", ours.RateLimited, ours.Failures)
	}
	l.Messages = func() []*Message {
		all := messages()
		for _, m := range all {
			if m.Call.Model != haiku {
				m.Group = "both"
			}
		}
		return all
	}
	if ours := runPace(t, &l, Adaptive); ours.RateLimited+ours.Failures > 0 {
		t.Errorf("lanes as the buckets are: %d answers of 429 and %d failures, want none", ours.RateLimited, ours.Failures)
	}
}
