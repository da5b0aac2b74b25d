package advice

import (
	"context"
	"slices"
	"time"

	"paceline/queue"
	"paceline/queue/replay"
)

// PlanPace is the forecast of a plan under one pace of the queue.
type PlanPace struct {
	Name string // "spaced" or "adaptive"
	PlanWait
	Band queue.Band // by the p95
	Uses []PlanUse  // the scarcest first
	// TipsAt is how many waiting requests make the spacing so long that fewer start
	// than arrive, so that the queue grows until it refuses. Zero: the spacing
	// always keeps up, or all is Overloaded.
	TipsAt int
	Ends   []PlanBandEnd // for each band but the last
	// Carries is the most users before more arrives than one of Uses allows;
	// 100,000 is that many or more.
	Carries int
}

// PlanWait is how long messages wait, without the API's own time.
type PlanWait struct {
	P50, P95 time.Duration // over all messages; PlanNever if that one is refused
	// Refused is the share (0 to 1) of the messages that the queue refuses, because
	// they would wait longer than its MaxWait.
	Refused float64
	// Overloaded says that more arrives than one of the limits allows: the wait
	// would grow without end. Refused is then at least the share above the limit.
	Overloaded bool
}

// PlanBandEnd is the end of a band.
type PlanBandEnd struct {
	Band  queue.Band
	Users int  // the most users whose p95 is in the band or a better one, to one in a hundred
	More  bool // more users were not tried
}

// planSearch computes the waits of a plan for other numbers of users, and remembers
// them.
type planSearch struct {
	plan     Plan
	name     string
	settings queue.Settings
	carries  int
	waits    map[int]PlanWait
}

func (p Plan) search(name string, s queue.Settings) *planSearch {
	return &planSearch{plan: p, name: name, settings: s, carries: p.carries(s), waits: map[int]PlanWait{}}
}

func (s *planSearch) pace(ctx context.Context) (PlanPace, error) {
	users := s.plan.Users
	pace := PlanPace{Name: s.name, Uses: s.plan.uses(s.settings, users), TipsAt: s.plan.tipsAt(s.settings), Carries: s.carries}
	var err error
	if pace.PlanWait, err = s.wait(ctx, users); err != nil {
		return pace, err
	}
	if pace.Overloaded {
		pace.TipsAt = 0
	}
	pace.Band = queue.BandForWait(pace.P95)
	for _, b := range queue.Bands() {
		if b.MaxWait == 0 {
			continue
		}
		end, err := s.bandEnd(ctx, b)
		if err != nil {
			return pace, err
		}
		pace.Ends = append(pace.Ends, PlanBandEnd{Band: b, Users: end, More: end == planMaxUsers})
	}
	return pace, nil
}

// bandEnd returns the most users whose p95 is within a band, up to what the limits
// carry. It is a binary search, because more users hardly ever wait less.
func (s *planSearch) bandEnd(ctx context.Context, b queue.Band) (int, error) {
	if s.carries == 0 {
		return 0, nil
	}
	for mid := s.carries; ; {
		if _, err := s.wait(ctx, mid); err != nil {
			return 0, err
		}
		good, bad := 0, s.carries+1
		for users, w := range s.waits {
			if w.P95 >= b.MaxWait {
				bad = min(bad, users)
			}
		}
		for users, w := range s.waits {
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

// wait returns how long that many users wait.
func (s *planSearch) wait(ctx context.Context, users int) (PlanWait, error) {
	if w, ok := s.waits[users]; ok {
		return w, nil
	}
	if over := s.plan.uses(s.settings, users)[0].Share(); over >= 1 {
		w := PlanWait{P50: PlanNever, P95: PlanNever, Refused: 1 - 1/over, Overloaded: true}
		s.waits[users] = w
		return w, nil
	}
	var waits []time.Duration
	messages := 0
	for day := range s.plan.days(s.carries) {
		all, counted, err := s.plan.simulate(ctx, s.settings, users, day, waits)
		if err != nil {
			return PlanWait{}, err
		}
		waits, messages = all, messages+counted
	}
	w := PlanWait{P50: planQuantile(waits, messages, 0.5), P95: planQuantile(waits, messages, 0.95)}
	w.Refused = float64(messages-len(waits)) / float64(max(messages, 1))
	s.waits[users] = w
	return w, nil
}

// planQuantile is the quantile of the waits of all messages. Those without a wait
// were refused.
func planQuantile(waits []time.Duration, all int, share float64) time.Duration {
	refused := slices.Repeat([]time.Duration{PlanNever}, all-len(waits))
	return replay.Quantile(slices.Concat(waits, refused), share)
}
