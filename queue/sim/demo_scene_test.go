package sim

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue"
)

// seen is what somebody who looks once a second saw of a part of a run.
type seen struct {
	looks   int
	levels  map[string]int // how often each verdict stood
	most    int            // the most that waited
	waiting int            // sum of what waited
	last    queue.Report
}

// watch looks at the queue once a second for d.
func watch(s stage, d time.Duration) seen {
	got := seen{levels: map[string]int{}}
	for range int(d / time.Second) {
		time.Sleep(time.Second)
		synctest.Wait()
		got.last = s.q.Report()
		n := got.last.Metrics.CurrentQueueLength
		got.looks++
		got.levels[got.last.Status]++
		got.waiting += n
		got.most = max(got.most, n)
	}
	return got
}

// share is how much of the time the verdict was level.
func (s seen) share(level string) float64 { return float64(s.levels[level]) / float64(s.looks) }

// average is how many waited on average.
func (s seen) average() float64 { return float64(s.waiting) / float64(s.looks) }

// wait is the average wait of the last 5 minutes.
func (s seen) wait() time.Duration {
	if s.last.Detail.Wait.AverageMs == nil {
		return 0
	}
	return time.Duration(*s.last.Detail.Wait.AverageMs * float64(time.Millisecond))
}

func (s seen) String() string {
	m, d := s.last.Metrics, s.last.Detail
	return fmt.Sprintf("%v, at most %d and on average %.1f waiting, wait %v, %d successful, %d failed, %d cancelled, %d refused, %d rate limited",
		s.levels, s.most, s.average(), s.wait().Round(time.Millisecond), m.Successful, m.Failed, d.Cancelled, d.Refused, d.RateLimited)
}

// promise is something that must hold of what was seen.
type promise struct {
	words string
	holds func(seen) bool
}

func (s seen) must(t *testing.T, where string, promises ...promise) {
	t.Helper()
	for _, p := range promises {
		if !p.holds(s) {
			t.Errorf("%s: got %v, want %s", where, s, p.words)
		}
	}
}

const (
	healthy  = "healthy"
	warning  = "warning"
	critical = "critical"
)

// TestScenesKeepTheirPromise plays each scene alone for 5 minutes with the demo's settings
// and users.
func TestScenesKeepTheirPromise(t *testing.T) {
	t.Parallel()
	promises := map[string][]promise{
		"calm": {
			{"always healthy", func(s seen) bool { return s.share(healthy) == 1 }},
			{"hardly a wait", func(s seen) bool { return s.wait() < 200*time.Millisecond }},
			{"some traffic", func(s seen) bool { return s.last.Metrics.Successful >= 30 }},
			{"nothing failed", func(s seen) bool { return s.last.Metrics.Failed <= 1 }},
		},
		"busy": {
			{"some waiting", func(s seen) bool { return s.average() >= 1 && s.average() <= 4 }},
			{"waits of 1s to 8s", func(s seen) bool { return s.wait() > time.Second && s.wait() < 8*time.Second }},
			{"never critical for long", func(s seen) bool { return s.share(critical) < 0.3 }},
			{"a few pauses by the API", func(s seen) bool { n := s.last.Detail.RateLimited; return n >= 2 && n <= 30 }},
			{"nearly nothing failed", func(s seen) bool { return s.last.Metrics.Failed <= 1 }},
		},
		"burst": {
			{"20 to 30 waiting", func(s seen) bool { return s.most >= 20 && s.most <= 30 }},
			{"warning, then critical", func(s seen) bool { return s.levels[warning] >= 3 && s.share(critical) > 0.5 }},
			{"never healthy but at first", func(s seen) bool { return s.levels[healthy] <= 5 }},
			{"nobody refused", func(s seen) bool { return s.last.Detail.Refused == 0 }},
			{"nearly nothing failed", func(s seen) bool { return s.last.Metrics.Failed <= 1 }},
		},
		"outage": {
			{"failures only", func(s seen) bool { return s.last.Metrics.Successful == 0 && s.last.Metrics.Failed >= 15 }},
			{"critical nearly always", func(s seen) bool { return s.share(critical) > 0.9 }},
			{"few waiting", func(s seen) bool { return s.most <= 8 }},
			{"somebody hangs up", func(s seen) bool { return s.last.Detail.Cancelled > 0 }},
		},
		"recovery": {
			{"healthy nearly always", func(s seen) bool { return s.share(healthy) >= 0.9 }},
			{"waits under 1s", func(s seen) bool { return s.wait() < time.Second }},
			{"nearly nothing failed", func(s seen) bool { return s.last.Metrics.Failed <= 1 }},
		},
	}
	for _, scene := range Scenes() {
		for seed := range uint64(20) {
			synctest.Test(t, func(t *testing.T) {
				s := play(t, adaptive(), DemoOptions{Users: DefaultUsers, Scene: scene, Seed: seed}, queue.Seed(seed))
				defer s.end()
				watch(s, 5*time.Minute).must(t, fmt.Sprintf("%s, seed %d", scene, seed), promises[scene]...)
			})
		}
	}
}

// TestTourHasItsStory plays all scenes, one after the other: each begins with what
// the last one left behind.
func TestTourHasItsStory(t *testing.T) {
	t.Parallel()
	quiet := promise{"nearly nobody waiting at the end", func(s seen) bool { return s.last.Metrics.CurrentQueueLength <= 4 }}
	short := promise{"short waits ahead at the end", func(s seen) bool {
		ahead := s.last.Detail.UserWaits.ExpectedP95Ms
		return ahead == nil || *ahead < 15_000
	}}
	well := promise{"healthy at the end", func(s seen) bool { return s.last.Status == healthy }}
	story := []struct {
		scene    string
		promises []promise
	}{
		{"calm", []promise{quiet, well, {"always healthy", func(s seen) bool { return s.share(healthy) == 1 }}}},
		{"busy", []promise{
			{"some waiting", func(s seen) bool { return s.most >= 3 && s.most <= 7 }},
			{"never critical for long", func(s seen) bool { return s.share(critical) < 0.3 }},
		}},
		{"burst", []promise{
			{"20 to 30 waiting", func(s seen) bool { return s.most >= 20 && s.most <= 30 }},
			{"warning or critical", func(s seen) bool { return s.levels[healthy] <= 3 }},
			{"critical for a while", func(s seen) bool { return s.levels[critical] >= 15 }},
		}},
		{"recovery", []promise{quiet, short}}, // the last minute may still have the waits of the burst
		{"outage", []promise{
			{"critical most of the time", func(s seen) bool { return s.share(critical) > 0.7 }},
			{"failures", func(s seen) bool { return s.last.Metrics.Failed >= 5 }},
		}},
		{"recovery", []promise{quiet, well}},
		{"calm", []promise{well}},
	}
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			s := play(t, adaptive(), DemoOptions{Users: DefaultUsers, Seed: seed}, queue.Seed(seed))
			defer s.end()
			for i, part := range story {
				if got := s.Scene(); got != part.scene {
					t.Fatalf("part %d: got scene %s, want %s", i, got, part.scene)
				}
				length := s.script[i%len(s.script)].length
				watch(s, length).must(t, fmt.Sprintf("part %d, %s, seed %d", i, part.scene, seed), part.promises...)
			}
		})
	}
}

// Whatever the published rule lets users wait for is longer than what the account does:
// that is what a demo is to show of the pace.
func TestTheRuleMakesUsersWaitLonger(t *testing.T) {
	t.Parallel()
	waited := func(scene string, users int, s queue.Settings, seed uint64) (wait time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			d := play(t, s, DemoOptions{Users: users, Scene: scene, Seed: seed}, queue.Seed(seed))
			defer d.end()
			wait = watch(d, 5*time.Minute).wait()
		})
		return wait
	}
	for _, c := range []struct {
		scene string
		users int
		less  time.Duration // at least
	}{
		{"calm", DefaultUsers, 0},
		{"calm", 10, 500 * time.Millisecond},
		{"busy", DefaultUsers, time.Second},
		{"burst", DefaultUsers, 20 * time.Second},
	} {
		for seed := range uint64(5) {
			ruled, adapted := waited(c.scene, c.users, queue.DefaultSettings(), seed), waited(c.scene, c.users, adaptive(), seed)
			if ruled-adapted <= c.less {
				t.Errorf("%s, %d users, seed %d: got waits of %v by the rule and %v as the account allows, want these shorter by more than %v", c.scene, c.users, seed, ruled, adapted, c.less)
			}
		}
	}
}

// TestUsersAreTheLoad holds the bands of capacity that operators plan with: the
// more users, the longer the wait, in the same calm scene.
func TestUsersAreTheLoad(t *testing.T) {
	for _, c := range []struct {
		users    int
		promises []promise
	}{
		{1, []promise{
			{"hardly a wait", func(s seen) bool { return s.wait() < time.Second }},
			{"always healthy", func(s seen) bool { return s.share(healthy) >= 0.9 }},
		}},
		{6, []promise{
			{"short waits", func(s seen) bool { return s.wait() < 3*time.Second }},
		}},
		{20, []promise{
			{"waits of 10s to 40s", func(s seen) bool { return s.wait() > 10*time.Second && s.wait() < 40*time.Second }},
		}},
		{40, []promise{
			{"waits over 30s", func(s seen) bool { return s.wait() > 30*time.Second }},
			{"critical nearly always", func(s seen) bool { return s.share(critical) > 0.9 }},
			{"upgrade needed", func(s seen) bool { return s.last.Detail.Capacity.Band == "Upgrade needed" }},
		}},
		{200, []promise{
			{"refusals at the door", func(s seen) bool { return s.last.Detail.Refused > 100 }},
			{"no more than the door lets in", func(s seen) bool { return s.most <= 100 }},
		}},
	} {
		for seed := range uint64(5) {
			synctest.Test(t, func(t *testing.T) {
				s := play(t, queue.DefaultSettings(), DemoOptions{Users: c.users, Scene: "calm", Seed: seed}, queue.Seed(seed))
				defer s.end()
				watch(s, 5*time.Minute).must(t, fmt.Sprintf("%d users, seed %d", c.users, seed), c.promises...)
			})
		}
	}
}
