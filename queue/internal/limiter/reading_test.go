package limiter

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// account is an API's idea of an account: what it holds, and what others take of it. Answers
// tell what was left when their request arrived, or when they begin.
type account struct {
	random   *rand.Rand
	limits   [readDimensions]bucket
	others   float64 // of the limits, by others
	byAnswer bool
}

// flight is a call under way.
type flight struct {
	number            uint64
	input             float64
	arrives, answers  time.Duration
	arrived, answered bool
	report            Report
}

func newAccount(seed uint64, requests, input float64) *account {
	a := &account{random: rand.New(rand.NewPCG(seed, 7))}
	a.limits[Requests], a.limits[Input] = fullBucket(requests, 0), fullBucket(input, 0)
	return a
}

func (a *account) tell(now time.Duration) (r Report) {
	for d := range a.limits {
		b := &a.limits[d]
		left := max(b.levelAt(now), 0)
		full := (b.capacity - left) / b.perSecond()
		l := Limit{PerMinute: int(b.perMinute), Remaining: int(left), FullIn: time.Duration(full) * time.Second}
		if d == Input {
			l.Remaining = int(math.Round(left/1000)) * 1000
		}
		r[d] = l
	}
	return r
}

// run drives a limiter for so long. It returns how many starts were refused, and in what share
// of the time after the first half minute answers were read wrong.
func (a *account) run(length, latency time.Duration, costs func(*rand.Rand) (input float64, took time.Duration)) (l *Limiter, refused int, wrong float64) {
	l = &Limiter{}
	l.explore.done = true
	var all []*flight
	const tick = 5 * time.Millisecond
	next, took := costs(a.random)
	var due time.Duration
	for now := time.Duration(0); now < length; now += tick {
		for d := range a.limits {
			b := &a.limits[d]
			if a.random.Float64() < 0.05 {
				b.take(now, 20*a.others*b.perSecond()*tick.Seconds())
			}
			b.level = max(b.level, 0)
		}
		running := all[:0]
		for _, f := range all {
			if !f.arrived && now >= f.arrives {
				f.arrived = true
				if a.limits[Requests].levelAt(now) < 1 || a.limits[Input].levelAt(now) < f.input {
					refused++
					f.answers, f.answered = now+latency, true
					f.report = a.tell(now)
					l.ReportLimits(now, f.number, f.report, time.Second)
					l.Refuse(now, now+time.Second, f.number, false)
					l.End(now, f.number, NoAnswer)
					continue
				}
				a.limits[Requests].take(now, 1)
				a.limits[Input].take(now, f.input)
				f.report = a.tell(now)
			}
			if f.arrived && !f.answered && now >= f.answers-latency {
				f.answered = true
				if a.byAnswer {
					f.report = a.tell(now)
				}
			}
			if f.answered && now >= f.answers {
				l.ReportLimits(now, f.number, f.report, time.Second)
				l.ReportUsage(now, f.number, Cost(f.input, 100))
				l.End(now, f.number, Success)
				continue
			}
			running = append(running, f)
		}
		all = running
		if now > 30*time.Second && l.readings.byAnswer != a.byAnswer {
			wrong += float64(tick) / float64(length-30*time.Second)
		}
		for now >= due {
			estimate := next * (0.9 + 0.2*a.random.Float64())
			if at, _ := l.Next(Cost(estimate, 0)); at > now {
				break
			}
			all = append(all, &flight{number: l.Start(now, Cost(estimate, 0)), input: next,
				arrives: now + latency, answers: now + max(2*latency, took)})
			next, took = costs(a.random)
			due = now + time.Duration(a.random.ExpFloat64()*float64(60*time.Millisecond))
		}
	}
	return l, refused, wrong
}

// Which way answers are to be read is learned from them, also where others take of the
// limits and answers come from far away. While it is not, refusals are avoidable.
func TestTheWayToReadAnswersIsLearned(t *testing.T) {
	kinds := map[string]func(*rand.Rand) (float64, time.Duration){
		"a large one at times": func(r *rand.Rand) (float64, time.Duration) {
			if r.IntN(20) == 0 {
				return 100_000, time.Duration(1000+r.IntN(4000)) * time.Millisecond
			}
			return 500, time.Duration(200+r.IntN(800)) * time.Millisecond
		},
		"long ones": func(r *rand.Rand) (float64, time.Duration) {
			return 20_000 * r.Float64(), time.Duration(2000+r.IntN(20_000)) * time.Millisecond
		},
	}
	for kind, costs := range kinds {
		for _, byAnswer := range []bool{false, true} {
			for _, others := range []float64{0, 0.3} {
				for _, latency := range []time.Duration{0, 50 * time.Millisecond} {
					for seed := range uint64(5) {
						a := newAccount(seed, 1000, 800_000)
						a.byAnswer, a.others = byAnswer, others
						l, refused, wrong := a.run(3*time.Minute, latency, costs)
						name := fmt.Sprintf("%s, by answer %v, others %v, latency %v, seed %d", kind, byAnswer, others, latency, seed)
						if most := 0.1; wrong > most {
							t.Errorf("%s: %.2f of the time after the first half minute it was read wrong, want %.2f at most", name, wrong, most)
						}
						if others == 0 && refused > 1 {
							t.Errorf("%s: %d of %d starts were refused, want 1 at most", name, refused, l.last())
						}
					}
				}
			}
		}
	}
}
