package advice

import (
	"context"
	"slices"
	"time"

	"paceline/queue"
	"paceline/queue/replay"
)

// PlanPace is what a plan comes to under one pace of the queue.
type PlanPace struct {
	Name string // "spaced" or "adaptive"
	PlanWait
	Band queue.Band // by the p95
	Uses []PlanUse  // what binds first comes first
	// Tips is how many must wait for the spacing to grow so long that fewer start
	// than arrive, and the line grows until the door closes. Zero: however many
	// wait, the spacing keeps up; or it never does, as all is Overloaded.
	Tips int
	Ends []PlanEnd // of each band but the last
	// Carries is how many users may be there before more arrives than one of Uses
	// allows; 100,000 is that many or more.
	Carries int
}

// PlanWait is how long messages wait, in all that is not the API's own time.
type PlanWait struct {
	P50, P95 time.Duration // over all messages; PlanNever where it is one that is refused
	// Refused is the share (0 to 1) of the messages that the queue refuses, because
	// they would wait longer than its MaxWait.
	Refused float64
	// Overloaded says that more arrives than one of the limits allows: the wait
	// would grow without end. Refused is then what is above the limit, at least.
	Overloaded bool
}

// PlanEnd is where a band ends.
type PlanEnd struct {
	Band  queue.Band
	Users int  // the most with which the p95 is in the band or in a better one, within one in a hundred
	More  bool // it may be more than that: more were not looked at
}

// planSearch looks at a plan with other numbers of users. It remembers what it saw.
type planSearch struct {
	plan     Plan
	name     string
	settings queue.Settings
	carries  int
	seen     map[int]PlanWait
}

func (p Plan) search(name string, s queue.Settings) *planSearch {
	return &planSearch{plan: p, name: name, settings: s, carries: p.carries(s), seen: map[int]PlanWait{}}
}

func (s *planSearch) pace(ctx context.Context) (PlanPace, error) {
	users := s.plan.Users
	pace := PlanPace{Name: s.name, Uses: s.plan.uses(s.settings, users), Tips: s.plan.tips(s.settings), Carries: s.carries}
	var err error
	if pace.PlanWait, err = s.wait(ctx, users); err != nil {
		return pace, err
	}
	if pace.Overloaded {
		pace.Tips = 0
	}
	pace.Band = queue.BandForWait(pace.P95)
	for _, b := range queue.Bands() {
		if b.MaxWait == 0 {
			continue
		}
		end, err := s.end(ctx, b)
		if err != nil {
			return pace, err
		}
		pace.Ends = append(pace.Ends, PlanEnd{Band: b, Users: end, More: end == planUsers})
	}
	return pace, nil
}

// end returns the most users whose p95 is within a band, of those who are within
// the limits. More users hardly ever wait less, as each asks the same however many
// there are: so it halves.
func (s *planSearch) end(ctx context.Context, b queue.Band) (int, error) {
	if s.carries == 0 {
		return 0, nil
	}
	for mid := s.carries; ; {
		if _, err := s.wait(ctx, mid); err != nil {
			return 0, err
		}
		good, bad := 0, s.carries+1
		for users, w := range s.seen {
			if w.P95 >= b.MaxWait {
				bad = min(bad, users)
			}
		}
		for users, w := range s.seen {
			if w.P95 < b.MaxWait && users < bad {
				good = max(good, users)
			}
		}
		if bad-good <= 1+good/100 {
			return good, nil
		}
		mid = (good + bad) / 2
	}
}

// wait returns how long so many users wait.
func (s *planSearch) wait(ctx context.Context, users int) (PlanWait, error) {
	if w, ok := s.seen[users]; ok {
		return w, nil
	}
	if over := s.plan.uses(s.settings, users)[0].Share(); over >= 1 {
		w := PlanWait{P50: PlanNever, P95: PlanNever, Refused: 1 - 1/over, Overloaded: true}
		s.seen[users] = w
		return w, nil
	}
	var waits []time.Duration
	messages := 0
	for day := range s.plan.days(s.carries) {
		all, counted, err := s.plan.through(ctx, s.settings, users, day, waits)
		if err != nil {
			return PlanWait{}, err
		}
		waits, messages = all, messages+counted
	}
	w := PlanWait{P50: planQuantile(waits, messages, 0.5), P95: planQuantile(waits, messages, 0.95)}
	w.Refused = float64(messages-len(waits)) / float64(max(messages, 1))
	s.seen[users] = w
	return w, nil
}

// planQuantile is the quantile of the waits of so many messages in all. Those of
// which there is no wait were refused.
func planQuantile(waits []time.Duration, all int, share float64) time.Duration {
	refused := slices.Repeat([]time.Duration{PlanNever}, all-len(waits))
	return replay.Quantile(slices.Concat(waits, refused), share)
}
