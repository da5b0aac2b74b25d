package loadtest

import (
	"fmt"
	"time"

	"paceline/client"
	"paceline/queue"
)

// serviceTolerance is how far the time of the answers may lie from the usual one
// before the figures are computed with it, too.
const serviceTolerance = 0.1

// Assessment is what was to be expected of a run, and how the run compares.
type Assessment struct {
	Settings  queue.Settings // of the queue, to compute with
	Told      bool           // the queue tells them; else they are the defaults
	Account   Account        // behind an adaptive queue
	Published *Figures       // nil if there are none for the plan

	Usual    Expected      // with answers of [UsualService]
	Service  time.Duration // of the answers, as the queue measured it; zero if it is as usual or not known
	Expected Expected      // with answers of that time; else as usual

	Judgement Judgement
	Off       float64 // of the measured average, as a share of the expected one

	// Learning is the average of a queue that had yet to learn the account's limits,
	// where the measured one lies between that and Expected, which is then of a queue
	// that knew them; else zero.
	Learning time.Duration

	Notes []string // other reasons for a difference, as sentences
}

// Assess computes what was to be expected of a run by what the queue told before and
// after it, and compares. before and after are nil where the queue did not answer.
func Assess(r Result, before, after *client.Sample) Assessment {
	a := Assessment{Settings: queue.DefaultSettings()}
	if f, ok := Published(r.Plan.Name); ok {
		a.Published = &f
	}
	for _, s := range []*client.Sample{before, after} {
		if told := settingsOf(s); told.Known {
			a.Settings, a.Told = told.Value, true
			a.Settings.Adaptive = s.Detail.Pace.Value == queue.PaceAdaptive
		}
	}
	if a.Settings.Adaptive {
		a.Account = accountOf(r, before, after)
	}
	if err := a.expect(r, after); err != nil { // the queue tells settings that make no sense
		a.Judgement = Incomparable
		return a
	}
	if a.Judgement == Faster && a.Account.PerMinute > 0 && !a.Account.Learned { // a lane that rests is not told
		learning := a.Expected.Average
		a.Account.Learned = true
		_ = a.expect(r, after) // it succeeded above
		if a.Judgement == Slower {
			a.Judgement, a.Learning = AsComputed, learning
		}
	}
	a.Notes = notes(r, before, after, a.Told)
	return a
}

// settingsOf returns the settings that a sample tells, to compute with.
func settingsOf(s *client.Sample) client.Opt[queue.Settings] {
	if s == nil || s.Detail == nil {
		return client.Opt[queue.Settings]{}
	}
	return s.Detail.Settings.Rule()
}

// expect computes what was to be expected of the account as it is known, and
// compares.
func (a *Assessment) expect(r Result, after *client.Sample) error {
	usual, err := Expect(a.Settings, r.Plan, UsualService, a.Account)
	if err != nil {
		return err
	}
	a.Usual, a.Expected = usual, usual
	if after != nil && after.Detail != nil {
		measured := after.Detail.Response.Average
		off := float64(measured.Value-UsualService) / float64(UsualService)
		if measured.Known && measured.Value > 0 && max(off, -off) > serviceTolerance {
			if e, err := Expect(a.Settings, r.Plan, measured.Value, a.Account); err == nil {
				a.Service, a.Expected = measured.Value, e
			}
		}
	}
	a.Judgement, a.Off = Compare(r, a.Expected)
	return nil
}

// notes returns what else could be the reason for a difference.
func notes(r Result, before, after *client.Sample, told bool) []string {
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
		note(grown(before.Total, after.Total)-int64(r.Sent),
			"1 request of others came in the meantime", "%d requests of others came in the meantime")
	}
	if before != nil && after != nil && before.Detail != nil && after.Detail != nil {
		before, after := before.Detail, after.Detail
		note(grown(before.Retries, after.Retries), "the queue tried 1 request again", "the queue tried again %d times")
		note(grown(before.RateLimited, after.RateLimited), "the API refused 1 for its rate limit, which paused the queue",
			"the API refused %d for its rate limit, which paused the queue")
	}
	if !told {
		all = append(all, "the endpoint does not tell its settings: the computed figures are those of the defaults")
	}
	return all
}

// grown returns by how much a counter grew; 0 if that is not known.
func grown(before, after client.Opt[int64]) int64 {
	if !before.Known || !after.Known {
		return 0
	}
	return max(after.Value-before.Value, 0)
}

// requestsKind is what the wire calls the limit of requests.
const requestsKind = "requests"

// accountOf returns what is known of the account's limit of requests: what the queue
// told, before the run, of the lane that the load went to; else what the queue or
// the answers told later.
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

// requestLimit returns the limit of requests of a lane; false if a sample does not
// tell it.
func requestLimit(s *client.Sample, lane string) (client.Limit, bool) {
	if s == nil || s.Detail == nil || lane == "" {
		return client.Limit{}, false
	}
	for _, l := range s.Detail.Lanes {
		if l.Name != lane {
			continue
		}
		for _, limit := range l.Limits {
			if limit.Kind == requestsKind && limit.PerMinute.Known && limit.Free.Known {
				return limit, true
			}
		}
	}
	return client.Limit{}, false
}
