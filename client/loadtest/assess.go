package loadtest

import (
	"fmt"
	"time"

	"paceline/client"
	"paceline/queue"
)

// serviceTolerance is by how much the duration of the answers may differ from
// [UsualService] before the figures are also computed with it.
const serviceTolerance = 0.1

// Assessment compares a run with the figures that were to be expected of it.
type Assessment struct {
	Settings      queue.Settings // the queue's, or the defaults
	SettingsKnown bool           // the settings are the queue's
	Account       Account        // the account behind an adaptive queue
	Published     *Figures       // nil if there are none for the plan

	Usual    Expected      // computed with answers of [UsualService]
	Service  time.Duration // how long answers took, as the queue measured it; zero if as usual or unknown
	Expected Expected      // computed with answers of that duration, or else Usual

	Judgement Judgement
	Deviation float64 // see [Compare]

	// Learning is the computed average of a queue that has not learned the account's
	// limits yet, if the measured one lies between it and Expected, which is then that
	// of a queue that knows them; else zero.
	Learning time.Duration

	Notes []string // other reasons for a difference, as sentences
}

// Assess computes the figures that were to be expected of a run, from the queue's
// answers before and after it, and compares the run with them. before and after are nil
// if the queue did not answer.
func Assess(r Result, before, after *client.Sample) Assessment {
	a := Assessment{Settings: queue.DefaultSettings()}
	if f, ok := Published(r.Plan.Name); ok {
		a.Published = &f
	}
	for _, s := range []*client.Sample{before, after} {
		if settings := settingsOf(s); settings.Known {
			a.Settings, a.SettingsKnown = settings.Value, true
		}
	}
	if a.Settings.Adaptive {
		a.Account = accountOf(r, before, after)
	}
	if err := a.expect(r, after); err != nil { // the queue's settings are invalid
		a.Judgement = Incomparable
		return a
	}
	if a.Judgement == Faster && a.Account.PerMinute > 0 && !a.Account.Learned { // an idle lane is not in the answers
		learning := a.Expected.Average
		a.Account.Learned = true
		_ = a.expect(r, after) // it succeeded above
		if a.Judgement == Slower {
			a.Judgement, a.Learning = AsComputed, learning
		}
	}
	a.Notes = notes(r, before, after, a.SettingsKnown)
	return a
}

// settingsOf returns the settings in a sample, to compute with.
func settingsOf(s *client.Sample) client.Opt[queue.Settings] {
	if s == nil || s.Detail == nil {
		return client.Opt[queue.Settings]{}
	}
	return s.Detail.QueueSettings()
}

// expect computes the expected figures with the account as it is known, and compares
// the run with them.
func (a *Assessment) expect(r Result, after *client.Sample) error {
	usual, err := Expect(a.Settings, r.Plan, UsualService, a.Account)
	if err != nil {
		return err
	}
	a.Usual, a.Expected = usual, usual
	if after != nil && after.Detail != nil {
		measured := after.Detail.Response.Average
		deviation := float64(measured.Value-UsualService) / float64(UsualService)
		if measured.Known && measured.Value > 0 && max(deviation, -deviation) > serviceTolerance {
			if e, err := Expect(a.Settings, r.Plan, measured.Value, a.Account); err == nil {
				a.Service, a.Expected = measured.Value, e
			}
		}
	}
	a.Judgement, a.Deviation = Compare(r, a.Expected)
	return nil
}

// notes returns other possible reasons for a difference.
func notes(r Result, before, after *client.Sample, settingsKnown bool) []string {
	var all []string
	note := func(n int64, one, many string) {
		if n == 1 {
			all = append(all, one)
		} else if n > 1 {
			all = append(all, fmt.Sprintf(many, n))
		}
	}
	if before != nil {
		note(int64(before.Waiting.Value), "1 request was waiting when it began", "%d requests were waiting when it began")
	}
	if before != nil && after != nil {
		note(increase(before.Total, after.Total)-int64(r.Sent),
			"1 request of others came in the meantime", "%d requests of others came in the meantime")
	}
	if before != nil && after != nil && before.Detail != nil && after.Detail != nil {
		before, after := before.Detail, after.Detail
		note(increase(before.Retries, after.Retries), "the queue tried 1 request again", "the queue tried again %d times")
		note(increase(before.RateLimited, after.RateLimited), "the API refused 1 for its rate limit, which paused the queue",
			"the API refused %d for its rate limit, which paused the queue")
	}
	if !settingsKnown {
		all = append(all, "the endpoint does not tell its settings: the computed figures are those of the defaults")
	}
	return all
}

// increase returns by how much a counter has grown; 0 if that is unknown.
func increase(before, after client.Opt[int64]) int64 {
	if !before.Known || !after.Known {
		return 0
	}
	return max(after.Value-before.Value, 0)
}

// accountOf returns the account's limit of requests: that of the load's lane in the
// queue's answer before the run, or else that in the answer after it or in the answers
// to the load.
func accountOf(r Result, before, after *client.Sample) Account {
	if l, ok := requestLimit(before, r.Lane); ok {
		return Account{PerMinute: int(l.PerMinute.Value), Free: int(max(l.Free.Value, 0)), Learned: true}
	}
	most := r.PerMinute
	if l, ok := requestLimit(after, r.Lane); ok {
		most = int(l.PerMinute.Value)
	}
	return Account{PerMinute: most, Free: most}
}

// requestLimit returns the limit of requests of a lane; false if the sample does not
// have it.
func requestLimit(s *client.Sample, lane string) (client.Limit, bool) {
	if s == nil || s.Detail == nil || lane == "" {
		return client.Limit{}, false
	}
	for _, l := range s.Detail.Lanes {
		if l.Name != lane {
			continue
		}
		for _, limit := range l.Limits {
			if limit.Kind == queue.LimitRequests && limit.PerMinute.Known && limit.Free.Known {
				return limit, true
			}
		}
	}
	return client.Limit{}, false
}
